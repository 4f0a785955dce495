// The softmax over a vocabulary, in one pass: exponentials and their sums straight from the products.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "product.hpp"

namespace dragoman {

// Every row's exponentials are taken relative to a shift of its own, the largest of its first 64 logits: float32
// and bfloat16 reach e^±87 around it, and logits that differ by more do not occur in what can be trained.
struct Softmax {
  int32_t positions, width, panels;
  const Bfloat16* x;        // [positions, width]
  const Bfloat16* weights;  // [64 panels, width], packed by `pack_columns`
  const float* bias;        // [64 panels], -inf where there is no entry
  const int64_t* targets;   // [positions]
  float smoothing;          // the mass that is not the target's
  Bfloat16* exponentials;   // [positions, 64 panels]; of the target, less (1 - smoothing) * sum
  float* partial_sums;      // [positions, 16], scratch
  float* sums;              // [positions]
  float* shift;             // [positions]
  float* target_logits;     // [positions]
};

inline float largest(const Floats (&row)[kVectors]) {
  const Floats low = _mm512_max_ps(row[0], row[1]), high = _mm512_max_ps(row[2], row[3]);
  return _mm512_reduce_max_ps(_mm512_max_ps(low, high));
}

struct SoftmaxTile {
  const Softmax& task;
  int panel;

  template <int Rows>
  void run(int row) const {
    Floats sums[Rows][kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const Floats bias = _mm512_loadu_ps(task.bias + panel * kPanel + v * kLanes);
      for (int r = 0; r < Rows; ++r) sums[r][v] = bias;
    }
    multiply<Rows>(sums, task.x + size_t(row) * task.width, task.width,
                   task.weights + panel * panel_size(task.width), task.width);
    for (int r = 0; r < Rows; ++r) finish(row + r, sums[r]);
  }

  void finish(int row, const Floats (&logits)[kVectors]) const {
    if (panel == 0) task.shift[row] = largest(logits);
    const int64_t target = task.targets[row] - panel * kPanel;
    if (target >= 0 && target < kPanel)
      task.target_logits[row] = reinterpret_cast<const float*>(logits)[target];
    const Floats shift = all(task.shift[row]);
    Bfloat16* out = task.exponentials + (size_t(row) * task.panels + panel) * kPanel;
    Floats sum = all(0.0f);
    for (int v = 0; v < kVectors; ++v) {
      const Floats e = exp(_mm512_sub_ps(logits[v], shift));
      sum = _mm512_add_ps(sum, e);
      store(out + v * kLanes, e);
    }
    float* before = task.partial_sums + size_t(row) * kLanes;
    _mm512_storeu_ps(before, panel ? _mm512_add_ps(_mm512_loadu_ps(before), sum) : sum);
  }
};

inline Bfloat16 rounded_to_bfloat16(float x) {
  return _mm256_extract_epi16((__m256i)_mm512_cvtneps_pbh(all(x)), 0);
}

inline void softmax(const Softmax& task) {
  for (int panel = 0; panel < task.panels; ++panel) tiled(task.positions, SoftmaxTile{task, panel});
  for (int row = 0; row < task.positions; ++row) {
    const float sum = _mm512_reduce_add_ps(_mm512_loadu_ps(task.partial_sums + size_t(row) * kLanes));
    task.sums[row] = sum;
    // Here and not later, as the difference is small where the network is right.
    const float target = std::exp(task.target_logits[row] - task.shift[row]) - (1.0f - task.smoothing) * sum;
    task.exponentials[size_t(row) * task.panels * kPanel + task.targets[row]] = rounded_to_bfloat16(target);
  }
}

// `out` [columns] += sum over rows of x[row] * factor[row]; columns is a multiple of 64.
inline void add_weighted_rows(const Bfloat16* x, const float* factor, int rows, int columns, float* out) {
  for (int start = 0; start < columns; start += kPanel) {
    Floats sums[kVectors];
    DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) sums[v] = _mm512_loadu_ps(out + start + v * kLanes);
    for (int row = 0; row < rows; ++row) {
      const Bfloat16* values = x + size_t(row) * columns + start;
      DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v)
        sums[v] = _mm512_fmadd_ps(load(values + v * kLanes), all(factor[row]), sums[v]);
    }
    DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(out + start + v * kLanes, sums[v]);
  }
}

}  // namespace dragoman
