// Products whose outputs are stored as they are.
#pragma once

#include <memory>

#include "product.hpp"

namespace dragoman {

// Memory that is kept from call to call, and never filled with zeros.
template <class Number>
class Scratch {
 public:
  Number* of(size_t size) {
    if (size > size_) data_ = std::make_unique_for_overwrite<Number[]>(size), size_ = size;
    return data_.get();
  }

 private:
  std::unique_ptr<Number[]> data_;
  size_t size_ = 0;
};

// A tile into `out` [rows, columns], where the last panel may be narrower.
template <int Rows>
inline void store_tile(const Floats (&sums)[Rows][kVectors], float* out, int columns, int row, int panel) {
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < kVectors; ++v) {
      const int column = panel * kPanel + v * kLanes;
      const __mmask16 mask = lanes_of(columns - column);
      _mm512_mask_storeu_ps(out + size_t(row + r) * columns + column, mask, sums[r][v]);
    }
}

template <int Rows>
inline void store_tile(const Floats (&sums)[Rows][kVectors], Bfloat16* out, int columns, int row, int panel) {
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < kVectors; ++v) {
      const int column = panel * kPanel + v * kLanes;
      const __mmask16 mask = lanes_of(columns - column);
      _mm256_mask_storeu_epi16(out + size_t(row + r) * columns + column, mask,
                               (__m256i)_mm512_cvtneps_pbh(sums[r][v]));
    }
}

template <class Number>
struct ProductTile {
  const Bfloat16* x;  // [rows, depth]
  const Bfloat16* packed;
  Number* out;  // [rows, columns]
  int depth, columns, panel;

  template <int Rows>
  void run(int row) const {
    Floats sums[Rows][kVectors];
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < kVectors; ++v) sums[r][v] = all(0.0f);
    multiply<Rows>(sums, x + size_t(row) * depth, depth, packed + panel * panel_size(depth), depth);
    store_tile<Rows>(sums, out, columns, row, panel);
  }
};

// `out` [rows, columns] = `x` [rows, depth] times what is packed.
template <class Number>
inline void product(const Bfloat16* x, int rows, int depth, const Bfloat16* packed, int columns, Number* out) {
  for (int panel = 0; panel < (columns + kPanel - 1) / kPanel; ++panel)
    tiled(rows, ProductTile<Number>{x, packed, out, depth, columns, panel});
}

// A left-hand side whose rows are `stride` apart, added to what is in `out` [rows, columns].
struct AddedTile {
  const Bfloat16* x;
  size_t stride;
  const Bfloat16* packed;  // the panel's, from the first number of the depth on
  float* out;
  int depth, columns, panel;

  template <int Rows>
  void run(int row) const {
    Floats sums[Rows][kVectors];
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < kVectors; ++v) {
        const int column = panel * kPanel + v * kLanes;
        sums[r][v] = _mm512_maskz_loadu_ps(lanes_of(columns - column), out + size_t(row + r) * columns + column);
      }
    multiply<Rows>(sums, x + row * stride, stride, packed, depth);
    store_tile<Rows>(sums, out, columns, row, panel);
  }
};

// `out` [rows, columns] += `x` [rows, depth] times what is packed: a block of the depth at a time, which stays in
// the cache. A block's depth is even.
inline void add_product(const Bfloat16* x, int rows, int depth, const Bfloat16* packed, int columns, float* out) {
  constexpr int kBlockDepth = 512;
  for (int first = 0; first < depth; first += kBlockDepth)
    for (int panel = 0; panel < (columns + kPanel - 1) / kPanel; ++panel) {
      const Bfloat16* block = packed + panel * panel_size(depth) + size_t(first) * kPanel;
      const int part = std::min(kBlockDepth, depth - first);
      tiled(rows, AddedTile{x + first, size_t(depth), block, out, part, columns, panel});
    }
}

inline size_t packed_size(int depth, int columns) {
  return panel_size(depth) * ((columns + kPanel - 1) / kPanel);
}

}  // namespace dragoman
