// The softmax over a vocabulary: exponentials and their sums straight from the products, and all gradients.
//
// Two passes over the vocabulary. The first makes the exponentials of a block of columns, adds up what they do to
// the gradient of `x` while they are in the cache, and keeps them for the second, which needs the rows' sums first:
// there the positions are what is summed over.
#pragma once

#include <cmath>

#include "packing.hpp"
#include "plain.hpp"

namespace dragoman {

// Every row's exponentials are taken relative to a shift of its own, the largest of its first 64 logits: float32
// and bfloat16 reach e^±87 around it, and logits that differ by more do not occur in what can be trained.
struct Softmax {
  int32_t positions, width, vocabulary;
  float smoothing;          // the mass that is not the target's
  const Bfloat16* x;        // [positions, width]
  const Bfloat16* columns;  // [vocabulary, width], packed by `pack_columns`
  const Bfloat16* rows;     // the same, packed by `pack_rows` with the vocabulary as depth, in whole panels
  const Bfloat16* embedding;  // the same as it is
  const float* bias;          // [vocabulary, in whole panels], -inf where there is no entry
  const int64_t* targets;   // [positions]
  float* normaliser;        // [positions], log of the sum of e^logit
  float* target_logits;     // [positions]
  float* grad_x;            // [positions, width], of the target and what the softmax gives
  float* grad_embedding;    // [vocabulary, width], added to
  float* grad_bias;         // [vocabulary], added to
};

constexpr int kBlock = 4;  // panels whose exponentials are in the cache together

// What is between the passes; `depth` is the positions, in whole thirty-twos.
struct SoftmaxScratch {
  int depth;
  Bfloat16* kept;    // [panels, depth / 2, 64, 2]: two positions after two, as a right-hand side
  Bfloat16* block;   // [positions, 4, 64]: as a left-hand side
  float* sums;       // [positions, 16]
  float* shift;      // [positions]
};

inline float largest(const Floats (&row)[kVectors]) {
  const Floats low = _mm512_max_ps(row[0], row[1]), high = _mm512_max_ps(row[2], row[3]);
  return _mm512_reduce_max_ps(_mm512_max_ps(low, high));
}

struct ExponentialsTile {
  const Softmax& task;
  const SoftmaxScratch& scratch;
  int panel;

  template <int Rows>
  void run(int row) const {
    Floats sums[Rows][kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const Floats bias = _mm512_loadu_ps(task.bias + panel * kPanel + v * kLanes);
      for (int r = 0; r < Rows; ++r) sums[r][v] = bias;
    }
    multiply<Rows>(sums, task.x + size_t(row) * task.width, task.width,
                   task.columns + panel * panel_size(task.width), task.width);
    for (int r = 0; r < Rows; ++r) finish(row + r, sums[r]);
    for (int r = 0; r < Rows; r += 2) {  // tiles begin at even rows
      Bfloat16* out = scratch.kept + panel * panel_size(scratch.depth) + size_t(row + r) * kPanel;
      for (int v = 0; v < kVectors; ++v) {
        const __m512i odd = r + 1 < Rows ? lower(sums[r + 1][v]) : _mm512_setzero_si512();
        _mm512_storeu_si512(out + 2 * v * kLanes, paired(lower(sums[r][v]), odd));
      }
    }
  }

  static __m512i lower(Floats x) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)); }

  // Logits become exponentials.
  void finish(int row, Floats (&x)[kVectors]) const {
    if (panel == 0) scratch.shift[row] = largest(x);
    const int64_t target = task.targets[row] - panel * kPanel;
    if (target >= 0 && target < kPanel) task.target_logits[row] = reinterpret_cast<const float*>(x)[target];
    const Floats shift = all(scratch.shift[row]);
    Bfloat16* out = scratch.block + (size_t(row) * kBlock + panel % kBlock) * kPanel;
    float* before = scratch.sums + size_t(row) * kLanes;
    Floats sum = panel ? _mm512_loadu_ps(before) : all(0.0f);
    for (int v = 0; v < kVectors; ++v) {
      x[v] = exp(_mm512_sub_ps(x[v], shift));
      sum = _mm512_add_ps(sum, x[v]);
      store(out + v * kLanes, x[v]);
    }
    _mm512_storeu_ps(before, sum);
  }
};

// grad_x += a block's exponentials times its entries.
struct BackTile {
  const Softmax& task;
  const SoftmaxScratch& scratch;
  int first, panels, panel;  // of the vocabulary, and of the width

  template <int Rows>
  void run(int row) const {
    const int stride = kBlock * kPanel, vocabulary = (task.vocabulary + kPanel - 1) / kPanel * kPanel;
    Floats sums[Rows][kVectors];
    float* out = task.grad_x + size_t(row) * task.width + panel * kPanel;
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < kVectors; ++v)
        sums[r][v] = first ? _mm512_maskz_loadu_ps(lanes_of(task.width - panel * kPanel - v * kLanes),
                                                   out + size_t(r) * task.width + v * kLanes)
                           : all(0.0f);
    multiply<Rows>(sums, scratch.block + size_t(row) * stride, stride,
                   task.rows + panel * panel_size(vocabulary) + first * panel_size(kPanel), panels * kPanel);
    store_tile<Rows>(sums, task.grad_x, task.width, row, panel);
  }
};

inline float widened_alone(Bfloat16 x) {
  const uint32_t bits = uint32_t(x) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}

inline Bfloat16 rounded_alone(float x) {
  return _mm256_extract_epi16((__m256i)_mm512_cvtneps_pbh(all(x)), 0);
}

// Normalises grad_x, subtracts the target, and does the latter to what is kept of the exponentials as well: before
// these are rounded, as the difference is small where the network is right.
inline void subtract_target(const Softmax& task, const SoftmaxScratch& scratch, int row, float* inverse) {
  const float sum = _mm512_reduce_add_ps(_mm512_loadu_ps(scratch.sums + size_t(row) * kLanes));
  const int64_t target = task.targets[row];
  Bfloat16* kept = scratch.kept + target / kPanel * panel_size(scratch.depth) + size_t(row / 2) * 2 * kPanel +
                   2 * (target % kPanel) + row % 2;
  const float exact = std::exp(task.target_logits[row] - scratch.shift[row]);
  const float change = exact - (1.0f - task.smoothing) * sum;
  const Floats missing = all((change - widened_alone(*kept)) / sum), factor = all(1.0f / sum);
  float* out = task.grad_x + size_t(row) * task.width;
  for (int i = 0; i < task.width; i += kLanes) {
    const __mmask16 mask = lanes_of(task.width - i);
    const Floats entry = _mm512_castsi512_ps(_mm512_slli_epi32(
        _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, task.embedding + target * task.width + i)), 16));
    const Floats x = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, out + i), factor);
    _mm512_mask_storeu_ps(out + i, mask, _mm512_fmadd_ps(entry, missing, x));
  }
  *kept = rounded_alone(change);
  task.normaliser[row] = std::log(sum) + scratch.shift[row];
  inverse[row] = 1.0f / sum;
}

// Rows of x, and 1 for the bias, divided by the rows' sums; `columns` is width + 1 in whole sixteens.
inline void divide(const Softmax& task, const float* inverse, int columns, Bfloat16* divided) {
  for (int row = 0; row < task.positions; ++row) {
    const Bfloat16* x = task.x + size_t(row) * task.width;
    Bfloat16* out = divided + size_t(row) * columns;
    for (int i = 0; i < columns; i += kLanes) {
      const __m256i part = _mm256_maskz_loadu_epi16(lanes_of(task.width - i), x + i);
      const Floats wide = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(part), 16));
      store(out + i, _mm512_mul_ps(wide, all(inverse[row])));
    }
    out[task.width] = rounded_alone(inverse[row]);
  }
}

// grad_embedding += a panel of columns [width + 1, 64], the last row of which is the bias's.
inline void add_columns(const Softmax& task, const float* columns, int panel) {
  const int entries = std::min(kPanel, task.vocabulary - panel * kPanel);
  for (int first = 0; first < entries; first += kLanes)
    for (int start = 0; start < task.width; start += kLanes) {
      __m512i block[kLanes];
      const int inputs = std::min(kLanes, task.width - start);
      for (int i = 0; i < kLanes; ++i)
        block[i] = i < inputs ? _mm512_loadu_si512(columns + size_t(start + i) * kPanel + first)
                              : _mm512_setzero_si512();
      transpose(block);
      const __mmask16 mask = lanes_of(inputs);
      for (int entry = first; entry < std::min(entries, first + kLanes); ++entry) {
        float* out = task.grad_embedding + size_t(panel * kPanel + entry) * task.width + start;
        const Floats added = _mm512_castsi512_ps(block[entry - first]);
        _mm512_mask_storeu_ps(out, mask, _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out), added));
      }
    }
  for (int entry = 0; entry < entries; ++entry)
    task.grad_bias[panel * kPanel + entry] += columns[size_t(task.width) * kPanel + entry];
}

inline void softmax(const Softmax& task) {
  thread_local Scratch<Bfloat16> kept, block, divided, turned;
  thread_local Scratch<float> sums, shift, inverse, columns;
  const int panels = (task.vocabulary + kPanel - 1) / kPanel, depth = (task.positions + 31) / 32 * 32;
  const SoftmaxScratch scratch{depth, kept.of(panels * panel_size(depth)),
                               block.of(size_t(task.positions) * kBlock * kPanel),
                               sums.of(size_t(task.positions) * kLanes), shift.of(task.positions)};
  for (int first = 0; first < panels; first += kBlock) {
    const int count = std::min(kBlock, panels - first);
    for (int panel = first; panel < first + count; ++panel) {
      tiled(task.positions, ExponentialsTile{task, scratch, panel});
      const int end = (task.positions + 1) / 2 * 2;
      std::memset(scratch.kept + panel * panel_size(depth) + size_t(end) * kPanel, 0,
                  size_t(depth - end) * kPanel * sizeof(Bfloat16));
    }
    for (int panel = 0; panel < (task.width + kPanel - 1) / kPanel; ++panel)
      tiled(task.positions, BackTile{task, scratch, first, count, panel});
  }
  float* factors = inverse.of(task.positions);
  for (int row = 0; row < task.positions; ++row) subtract_target(task, scratch, row, factors);
  const int wide = (task.width + kLanes) / kLanes * kLanes;
  Bfloat16 *rows = divided.of(size_t(task.positions) * wide), *left = turned.of(size_t(wide) * depth);
  float* out = columns.of(size_t(task.width + 1) * kPanel);
  divide(task, factors, wide, rows);
  transpose(rows, task.positions, wide, wide, left, depth);
  for (int panel = 0; panel < panels; ++panel) {
    product(left, task.width + 1, depth, scratch.kept + panel * panel_size(depth), kPanel, out);
    add_columns(task, out, panel);
  }
}

}  // namespace dragoman
