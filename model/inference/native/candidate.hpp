// What may follow a hypothesis.
#pragma once

#include <cstdint>

namespace dragoman {

constexpr int32_t kBegin = 1, kEnd = 2;

struct Candidate {
  float value;     // log-probability of the whole
  int32_t parent;  // the hypothesis that it continues
  int32_t token;

  // Order among equals is by hypothesis, then by token.
  bool operator<(const Candidate& other) const {
    if (value != other.value) return value > other.value;
    return parent != other.parent ? parent < other.parent : token < other.token;
  }
};

}  // namespace dragoman
