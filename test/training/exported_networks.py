"""Opens networks that evofactor exported in PyTorch and compares values with evofactor's own.

usage: exported_networks.py EXPORTER DEPS COMPILER
EXPORTER is evofactor_export_networks, DEPS the folder that scripts/bootstrap unpacks the torch wheel
into, COMPILER a C compiler. Exits 0 if all agree, 1 if one does not, 77 if this Python is not the
one the wheel is for.
"""
import ctypes
import importlib.machinery
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

TOLERANCE = 1e-5  # of the largest value


def load_library(path, compiler, work):
    """Loads a library of a wheel made for GPUs, with empty ones for those of CUDA that are not there.

    They weigh gigabytes and nothing of them is called on a CPU. What they lack is not missed as long
    as functions are bound when they are called.
    """
    while True:
        try:
            return ctypes.CDLL(str(path), mode=os.RTLD_LAZY)
        except OSError as error:
            missing = re.match(r"(lib\S+\.so\S*): cannot open shared object file", str(error))
            if not missing:
                raise
            empty = work / missing[1]
            subprocess.run([compiler, "-shared", "-nostdlib", "-x", "c", os.devnull, "-o", empty,
                            f"-Wl,-soname,{missing[1]}"], check=True)
            ctypes.CDLL(str(empty))


def import_torch(deps, compiler, work):
    load_library(deps / "torch/lib/libtorch_python.so", compiler, work)
    sys.path.insert(0, str(deps))
    sys.setdlopenflags(os.RTLD_LAZY)
    warnings.filterwarnings("ignore", "Failed to initialize NumPy")
    import torch
    return torch


def floats(torch, path, *shape):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.float32).reshape(shape)


def problem_with(torch, folder, model):
    """What is wrong with an exported model, in words; None if nothing is."""
    name, n = model["name"], model["stocks"]
    x = floats(torch, folder / f"{name}.x", n, model["features"], model["window"])
    expected = floats(torch, folder / f"{name}.y", n)
    with torch.no_grad():
        got = torch.jit.load(str(folder / f"{name}.pt"))(x)
    largest = expected.abs().max().item()
    if not (n > 50 and expected.std().item() > 1e-3 * largest):
        return f"the values of {n} stocks hardly differ: nothing is tested"
    if got.shape != expected.shape:
        return f"PyTorch gives a value of shape {list(got.shape)}, evofactor {list(expected.shape)}"
    off = (got - expected).abs().max().item()
    return None if off <= TOLERANCE * largest else f"values differ by {off:.2g}, the largest is {largest:.2g}"


def main(exporter, deps, compiler):
    deps = pathlib.Path(deps)
    if not any((deps / f"torch/_C{suffix}").exists()
               for suffix in importlib.machinery.EXTENSION_SUFFIXES):
        print(f"skipped: {deps}/torch is not for Python {sys.version.split()[0]}")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([exporter, folder], check=True)
        torch = import_torch(deps, compiler, folder)
        failed = 0
        for model in json.loads((folder / "models.json").read_text()):
            problem = problem_with(torch, folder, model)
            print(f"{model['name']}: {problem or 'agrees'}")
            failed += problem is not None
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
