// The loss of two readings of the same targets through one softmax, with all gradients.
//
// Some hundred positions at a time: the logits of both readings, one pass over their rows that leaves gradients in
// the logits' place, and two products of these. See model/training/consistency.py for the formulas.
#pragma once

#include <cmath>

#include "packing.hpp"
#include "plain.hpp"

namespace dragoman {

constexpr int kReadings = 2;

struct Consistency {
  int32_t positions, width, vocabulary;
  float smoothing;
  float cross_entropy[kReadings];  // the weight of either reading's
  float divergence[kReadings];     // of KL(first ‖ second), of KL(second ‖ first)
  const Bfloat16* x;               // [2, positions, width]
  const Bfloat16* columns;         // [vocabulary, width], packed by `pack_columns`
  const Bfloat16* rows;            // the same, packed by `pack_rows` with the vocabulary as depth, in whole panels
  const float* bias;               // [vocabulary, in whole panels]
  const int64_t* targets;          // [positions]
  float* smoothed;                 // [positions], the whole weighted sum
  float* nll;                      // [positions], weighted like the cross-entropies
  float* grad_x;                   // [2, positions, width], added to
  float* grad_embedding;           // [vocabulary, width], added to
  float* grad_bias;                // [vocabulary], added to
};

constexpr int kPositions = 192;  // at a time, of either reading

struct LogitsTile {
  const Consistency& task;
  const Bfloat16* x;  // [rows, width]
  float* logits;      // [rows, panels, 64]
  int panels, panel;

  template <int Rows>
  void run(int row) const {
    Floats sums[Rows][kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const Floats bias = _mm512_loadu_ps(task.bias + panel * kPanel + v * kLanes);
      for (int r = 0; r < Rows; ++r) sums[r][v] = bias;
    }
    multiply<Rows>(sums, x + size_t(row) * task.width, task.width,
                   task.columns + panel * panel_size(task.width), task.width);
    store_tile<Rows>(sums, logits, panels * kPanel, row, panel);
  }
};

// What the logits of a position add up to, in either reading.
struct Totals {
  float normaliser[kReadings];  // log of the sum of e^logit
  float mean[kReadings];        // of the logits
  float divergence[kReadings];  // of the reading from the other
};

// Behind a row's end are logits that make no difference: probabilities of next to nothing, and the same in both.
inline Floats logits_at(const float* row, int column, __mmask16 mask) {
  return _mm512_mask_loadu_ps(all(-1e30f), mask, row + column);
}

inline Totals totals_of(float* const (&rows)[kReadings], int vocabulary) {
  Floats highest[kReadings] = {all(-1e30f), all(-1e30f)};
  for (int i = 0; i < vocabulary; i += kLanes)
    for (int j = 0; j < kReadings; ++j)
      highest[j] = _mm512_max_ps(highest[j], logits_at(rows[j], i, lanes_of(vocabulary - i)));
  float shift[kReadings];
  Floats sum[kReadings], moment[kReadings], plain[kReadings];
  for (int j = 0; j < kReadings; ++j) {
    shift[j] = _mm512_reduce_max_ps(highest[j]);
    sum[j] = moment[j] = plain[j] = all(0.0f);
  }
  for (int i = 0; i < vocabulary; i += kLanes) {
    const __mmask16 mask = lanes_of(vocabulary - i);
    Floats shifted[kReadings];
    for (int j = 0; j < kReadings; ++j) {
      const Floats logits = logits_at(rows[j], i, mask);
      plain[j] = _mm512_mask_add_ps(plain[j], mask, plain[j], logits);
      shifted[j] = _mm512_sub_ps(logits, all(shift[j]));
    }
    for (int j = 0; j < kReadings; ++j) {
      const Floats exponential = exp(shifted[j]);
      sum[j] = _mm512_add_ps(sum[j], exponential);
      moment[j] = _mm512_fmadd_ps(exponential, _mm512_sub_ps(shifted[j], shifted[1 - j]), moment[j]);
    }
  }
  Totals totals;
  float total[kReadings];
  for (int j = 0; j < kReadings; ++j) total[j] = _mm512_reduce_add_ps(sum[j]);
  for (int j = 0; j < kReadings; ++j) {
    totals.normaliser[j] = std::log(total[j]) + shift[j];
    totals.mean[j] = _mm512_reduce_add_ps(plain[j]) / vocabulary;
    const float difference = std::log(total[j]) - std::log(total[1 - j]);
    totals.divergence[j] = _mm512_reduce_add_ps(moment[j]) / total[j] - difference;
  }
  return totals;
}

// Gradients take the place of the logits.
inline void differentiate(const Consistency& task, const Totals& totals, float* const (&rows)[kReadings],
                          int64_t target) {
  const float *own = task.cross_entropy, *apart = task.divergence;
  float constant[kReadings], evenly[kReadings];
  for (int j = 0; j < kReadings; ++j) {
    constant[j] = own[j] + apart[1 - j] - apart[j] * totals.divergence[j];
    evenly[j] = own[j] * task.smoothing / task.vocabulary;
  }
  for (int i = 0; i < task.vocabulary; i += kLanes) {
    const __mmask16 mask = lanes_of(task.vocabulary - i);
    Floats log_probs[kReadings], probs[kReadings];
    for (int j = 0; j < kReadings; ++j) {
      log_probs[j] = _mm512_sub_ps(logits_at(rows[j], i, mask), all(totals.normaliser[j]));
      probs[j] = exp(log_probs[j]);
    }
    for (int j = 0; j < kReadings; ++j) {
      const Floats difference = _mm512_sub_ps(log_probs[j], log_probs[1 - j]);
      Floats gradient = _mm512_fmadd_ps(all(apart[j]), difference, all(constant[j]));
      gradient = _mm512_fmsub_ps(probs[j], gradient, all(evenly[j]));
      gradient = _mm512_fnmadd_ps(all(apart[1 - j]), probs[1 - j], gradient);
      _mm512_mask_storeu_ps(rows[j] + i, mask, gradient);
    }
  }
  for (int j = 0; j < kReadings; ++j) rows[j][target] -= own[j] * (1.0f - task.smoothing);
}

// A row of gradients is rounded, and added to the bias's before that.
inline void round_row(const float* row, int vocabulary, Bfloat16* rounded, float* grad_bias) {
  for (int i = 0; i < vocabulary; i += kLanes) {
    const __mmask16 mask = lanes_of(vocabulary - i);
    const Floats gradient = _mm512_maskz_loadu_ps(mask, row + i);
    store(rounded + i, gradient);
    _mm512_mask_storeu_ps(grad_bias + i, mask,
                          _mm512_add_ps(_mm512_maskz_loadu_ps(mask, grad_bias + i), gradient));
  }
}

// The losses of a position, whose two rows of logits become gradients.
inline void lose(const Consistency& task, int position, float* const (&rows)[kReadings]) {
  const int64_t target = task.targets[position];
  const Totals totals = totals_of(rows, task.vocabulary);
  float nll = 0.0f, evenly = 0.0f, apart = 0.0f;
  for (int j = 0; j < kReadings; ++j) {
    nll += task.cross_entropy[j] * (totals.normaliser[j] - rows[j][target]);
    evenly += task.cross_entropy[j] * (totals.normaliser[j] - totals.mean[j]);
    apart += task.divergence[j] * totals.divergence[j];
  }
  task.nll[position] = nll;
  task.smoothed[position] = (1.0f - task.smoothing) * nll + task.smoothing * evenly + apart;
  differentiate(task, totals, rows, target);
}

// grad_embedding += the transpose of `gradients` [2, count, panels, 64] times x; some panels at a time, which stay
// in the cache between the transposition and the product.
inline void add_embedding(const Consistency& task, int start, int count, int panels, const Bfloat16* gradients) {
  constexpr int kEntries = 3 * kPanel;
  const int rows = kReadings * count, depth = (rows + 31) / 32 * 32;
  thread_local Scratch<Bfloat16> right, left;
  Bfloat16 *packed = right.of(packed_size(depth, task.width)), *turned = left.of(size_t(kEntries) * depth);
  const auto row = [&](int k) -> const Bfloat16* {
    if (k >= rows) return nullptr;
    const int position = k / count * task.positions + start + k % count;
    return task.x + size_t(position) * task.width;
  };
  pack_rows<Bfloat16>(row, depth, task.width, packed);
  for (int first = 0; first < task.vocabulary; first += kEntries) {
    const int columns = std::min(kEntries, panels * kPanel - first);
    transpose(gradients + first, rows, columns, size_t(panels) * kPanel, turned, depth);
    add_product(turned, std::min(columns, task.vocabulary - first), depth, packed, task.width,
                task.grad_embedding + size_t(first) * task.width);
  }
}

inline void consistency(const Consistency& task) {
  thread_local Scratch<float> logits;
  thread_local Scratch<Bfloat16> gradients;
  const int panels = (task.vocabulary + kPanel - 1) / kPanel, columns = panels * kPanel;
  const size_t room = size_t(kReadings) * std::min(kPositions, task.positions) * columns;
  float* scores = logits.of(room);
  Bfloat16* rounded = gradients.of(room);
  std::memset(rounded, 0, room * sizeof(Bfloat16));  // what is behind the vocabulary stays so
  for (int start = 0; start < task.positions; start += kPositions) {
    const int count = std::min(kPositions, task.positions - start);
    const size_t reading = size_t(count) * columns;
    for (int panel = 0; panel < panels; ++panel)
      for (int j = 0; j < kReadings; ++j) {
        const Bfloat16* x = task.x + (size_t(j) * task.positions + start) * task.width;
        tiled(count, LogitsTile{task, x, scores + j * reading, panels, panel});
      }
    for (int i = 0; i < count; ++i) {
      float* const rows[kReadings] = {scores + size_t(i) * columns, scores + reading + size_t(i) * columns};
      lose(task, start + i, rows);
      for (int j = 0; j < kReadings; ++j)
        round_row(rows[j], task.vocabulary, rounded + (rows[j] - scores), task.grad_bias);
    }
    for (int j = 0; j < kReadings; ++j)
      add_product(rounded + j * reading, count, columns, task.rows, task.width,
                  task.grad_x + (size_t(j) * task.positions + start) * task.width);
    add_embedding(task, start, count, panels, rounded);
  }
}

}  // namespace dragoman
