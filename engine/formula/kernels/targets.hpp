#pragma once
// Instruction sets that the kernels are compiled for and chosen from at run time: AVX-512, AVX2,
// and the baseline of the build for every other machine. Included before any Highway header.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
