// An LSTM layer over whole sequences, forward and backward, without the products that need no recurrence.
//
// Gates are in the order input, forget, cell, output; `hidden` is a multiple of 16, `input` is even. What the
// backward pass needs again is kept as float16: all of it is in [-1, 1], where float16 has eight times the
// resolution of bfloat16, and derivatives such as i (1 - i) live on the distance from 1.
#pragma once

#include <algorithm>
#include <vector>

#include "product.hpp"

namespace dragoman {

constexpr int kGates = 4;
constexpr int kKept = 5;  // the gates and tanh(cell)

using Float16 = uint16_t;

struct LstmForward {
  int32_t batch, time, input, hidden;
  const Bfloat16* x;        // [batch, time, input]
  const Bfloat16* input_weights;   // [4 hidden, input], packed by `pack_gates`
  const Bfloat16* hidden_weights;  // [4 hidden, hidden], likewise
  const float* bias;        // [4 hidden]
  Bfloat16* outputs;        // [batch, time + 1, hidden]; the first of each row is the start
  float* cells;             // [batch, time + 1, hidden]; the first of each row is the start
  Float16* kept;            // [batch, time, 5, hidden]
};

struct LstmBackward {
  int32_t batch, time, hidden;
  const Bfloat16* hidden_weights;  // [4 hidden, hidden], packed by `pack_rows`
  const Bfloat16* grad_outputs;    // [batch, time, hidden]
  const float* cells;              // as LstmForward has left it
  const Float16* kept;             // likewise
  Bfloat16* grad_gates;            // [batch, time, 4 hidden], before the nonlinearities
  float* grad_bias;                // [4 hidden], added to
  float* grad_start;               // [batch, hidden]
};

inline void keep(Float16* out, Floats x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

inline Floats kept(const Float16* x) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
}

// A panel has 16 units, and of these the four gates.
struct LstmForwardTile {
  const LstmForward& task;
  int time, panel;

  template <int Rows>
  void run(int row) const {
    const int hidden = task.hidden, unit = panel * kLanes;
    const size_t x_stride = size_t(task.time) * task.input, stride = size_t(task.time + 1) * hidden;
    const size_t before = row * stride + size_t(time) * hidden;
    Floats sums[Rows][kGates];
    DRAGOMAN_UNROLLED for (int g = 0; g < kGates; ++g) {
      const Floats bias = _mm512_loadu_ps(task.bias + g * hidden + unit);
      DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r) sums[r][g] = bias;
    }
    multiply<Rows>(sums, task.x + row * x_stride + size_t(time) * task.input, x_stride,
                   task.input_weights + panel * panel_size(task.input), task.input);
    multiply<Rows>(sums, task.outputs + before, stride, task.hidden_weights + panel * panel_size(hidden),
                   hidden);
    for (int r = 0; r < Rows; ++r) {
      const size_t at = before + r * stride + unit;
      const Floats i = sigmoid(sums[r][0]), f = sigmoid(sums[r][1]), o = sigmoid(sums[r][3]);
      const Floats g = tanh(sums[r][2]);
      const Floats cell = _mm512_fmadd_ps(f, _mm512_loadu_ps(task.cells + at), _mm512_mul_ps(i, g));
      const Floats squashed = tanh(cell);
      _mm512_storeu_ps(task.cells + at + hidden, cell);
      store(task.outputs + at + hidden, _mm512_mul_ps(o, squashed));
      Float16* out = task.kept + (size_t(row + r) * task.time + time) * kKept * hidden + unit;
      const Floats values[kKept] = {i, f, g, o, squashed};
      for (int k = 0; k < kKept; ++k) keep(out + k * hidden, values[k]);
    }
  }
};

inline void lstm_forward(const LstmForward& task) {
  for (int time = 0; time < task.time; ++time)
    for (int panel = 0; panel < task.hidden / kLanes; ++panel)
      tiled(task.batch, LstmForwardTile{task, time, panel});
}

inline Floats slope_of_sigmoid(Floats y) { return _mm512_fnmadd_ps(y, y, y); }
inline Floats slope_of_tanh(Floats y) { return _mm512_fnmadd_ps(y, y, all(1.0f)); }

// A panel has 64 units, the last one maybe fewer: what reaches their outputs at `time` through the next step, and
// what it does there. At time -1 there is the start alone.
struct LstmBackwardTile {
  const LstmBackward& task;
  float* grad_cells;  // [batch, hidden], of the step after
  int time, panel;

  template <int Rows>
  void run(int row) const {
    const int hidden = task.hidden;
    const size_t stride = size_t(task.time) * kGates * hidden;
    Floats sums[Rows][kVectors];
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < kVectors; ++v) sums[r][v] = all(0.0f);
    if (time + 1 < task.time)
      multiply<Rows>(sums, task.grad_gates + row * stride + size_t(time + 1) * kGates * hidden, stride,
                     task.hidden_weights + panel * panel_size(kGates * hidden), kGates * hidden);
    const int first = panel * kPanel, end = std::min(first + kPanel, hidden);
    for (int unit = first; unit < end; unit += kLanes) {
      const int v = (unit - first) / kLanes;
      Floats bias[kGates] = {all(0.0f), all(0.0f), all(0.0f), all(0.0f)};
      for (int r = 0; r < Rows; ++r) {
        if (time < 0)
          _mm512_storeu_ps(task.grad_start + size_t(row + r) * hidden + unit, sums[r][v]);
        else
          differentiate(row + r, unit, sums[r][v], bias);
      }
      if (time < 0) continue;
      for (int g = 0; g < kGates; ++g) {
        float* out = task.grad_bias + g * hidden + unit;
        _mm512_storeu_ps(out, _mm512_add_ps(_mm512_loadu_ps(out), bias[g]));
      }
    }
  }

  void differentiate(int row, int unit, Floats grad_output, Floats (&bias)[kGates]) const {
    const int hidden = task.hidden;
    const size_t position = size_t(row) * task.time + time;
    const Float16* y = task.kept + position * kKept * hidden + unit;
    const Floats i = kept(y), f = kept(y + hidden), g = kept(y + 2 * hidden), o = kept(y + 3 * hidden);
    const Floats squashed = kept(y + 4 * hidden);
    const Floats before = _mm512_loadu_ps(task.cells + (position + row) * hidden + unit);
    float* carried = grad_cells + size_t(row) * hidden + unit;
    grad_output = _mm512_add_ps(grad_output, load(task.grad_outputs + position * hidden + unit));
    const Floats grad_cell = _mm512_fmadd_ps(_mm512_mul_ps(grad_output, o), slope_of_tanh(squashed),
                                             _mm512_loadu_ps(carried));
    _mm512_storeu_ps(carried, _mm512_mul_ps(grad_cell, f));
    const Floats grads[kGates] = {
        _mm512_mul_ps(_mm512_mul_ps(grad_cell, g), slope_of_sigmoid(i)),
        _mm512_mul_ps(_mm512_mul_ps(grad_cell, before), slope_of_sigmoid(f)),
        _mm512_mul_ps(_mm512_mul_ps(grad_cell, i), slope_of_tanh(g)),
        _mm512_mul_ps(_mm512_mul_ps(grad_output, squashed), slope_of_sigmoid(o)),
    };
    Bfloat16* out = task.grad_gates + position * kGates * hidden + unit;
    for (int k = 0; k < kGates; ++k) {
      store(out + k * hidden, grads[k]);
      bias[k] = _mm512_add_ps(bias[k], grads[k]);
    }
  }
};

inline void lstm_backward(const LstmBackward& task) {
  std::vector<float> grad_cells(size_t(task.batch) * task.hidden);
  for (int time = task.time - 1; time >= -1; --time)
    for (int panel = 0; panel < (task.hidden + kPanel - 1) / kPanel; ++panel)
      tiled(task.batch, LstmBackwardTile{task, grad_cells.data(), time, panel});
}

}  // namespace dragoman
