#include "genome/net/layers/recurrent.hpp"

#include <fmt/format.h>

namespace evofactor::net {

std::string recurrent_script(const std::string& states, const std::string& body, const Site& site,
                             int units) {
  std::string text = fmt::format("    x = torch.reshape(h, [-1, {}, {}])\n", site.input.positions,
                                 site.input.depth());
  text += fmt::format("    h = torch.zeros([x.size(0), {}])\n", units) + states;
  if (site.sequence) text += "    states = []\n";
  text += fmt::format("    for step in range({}):\n", site.input.positions) + body;
  if (site.sequence) text += "        states.append(h)\n";
  if (site.sequence) text += "    h = torch.cat(states, 1)\n";
  return text;
}

}  // namespace evofactor::net
