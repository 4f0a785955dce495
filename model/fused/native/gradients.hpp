// The products of an LSTM layer's backward pass that need no recurrence, over all positions at once.
#pragma once

#include "lstm.hpp"
#include "packing.hpp"
#include "plain.hpp"

namespace dragoman {

struct LstmGradients {
  int32_t batch, time, input, hidden;
  const Bfloat16* x;           // [batch, time, input]
  const Bfloat16* outputs;     // [batch, time + 1, hidden], as LstmForward has left it
  const Bfloat16* grad_gates;  // [batch, time, 4 hidden]
  const float* input_weights;  // [4 hidden, input]
  Bfloat16* grad_x;            // [batch, time, input]
  float* grad_input_weights;   // [4 hidden, input]
  float* grad_hidden_weights;  // [4 hidden, hidden]
};

inline void lstm_gradients(const LstmGradients& task) {
  const int positions = task.batch * task.time, gates = kGates * task.hidden;
  const int depth = (positions + 31) / 32 * 32;
  const size_t widest = std::max({packed_size(depth, task.input), packed_size(depth, task.hidden),
                                  packed_size(gates, task.input)});
  thread_local Scratch<Bfloat16> right, left;
  Bfloat16 *packed = right.of(widest), *turned = left.of(size_t(gates) * depth);
  pack_rows<float>([&](int k) { return task.input_weights + size_t(k) * task.input; }, gates, task.input,
                   packed);
  product(task.grad_gates, positions, gates, packed, task.input, task.grad_x);

  transpose(task.grad_gates, positions, gates, gates, turned, depth);
  const auto x = [&](int k) { return k < positions ? task.x + size_t(k) * task.input : nullptr; };
  pack_rows<Bfloat16>(x, depth, task.input, packed);
  product(turned, gates, depth, packed, task.input, task.grad_input_weights);
  // The hidden state before position k: rows have one more of them than positions.
  const auto before = [&](int k) {
    return k < positions ? task.outputs + size_t(k + k / task.time) * task.hidden : nullptr;
  };
  pack_rows<Bfloat16>(before, depth, task.hidden, packed);
  product(turned, gates, depth, packed, task.hidden, task.grad_hidden_weights);
}

}  // namespace dragoman
