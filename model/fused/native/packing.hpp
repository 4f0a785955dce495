// Weights in the order in which the products read them; see product.hpp.
#pragma once

#include "product.hpp"

namespace dragoman {

inline __m512i rounded(const float* x) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x)));
}

// Columns from rows: `weights` is [rows, depth] float32, and a panel's column c is the row `order(panel, c)`, or
// zeros where that is negative. Depth is even.
template <class Order>
inline void pack_transposed(const float* weights, int depth, int panels, Bfloat16* packed, Order&& order) {
  for (int panel = 0; panel < panels; ++panel) {
    Bfloat16* out = packed + panel * panel_size(depth);
    for (int v = 0; v < kVectors; ++v) {
      alignas(64) int64_t starts[kLanes];
      __mmask16 real = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        const int row = order(panel, v * kLanes + lane);
        starts[lane] = row < 0 ? 0 : int64_t(row) * depth;
        real |= __mmask16(row >= 0) << lane;
      }
      for (int k = 0; k < depth; k += 2) {
        alignas(64) float even[kLanes], odd[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) {
          even[lane] = weights[starts[lane] + k];
          odd[lane] = weights[starts[lane] + k + 1];
        }
        const __m512i pairs = _mm512_or_si512(rounded(even), _mm512_slli_epi32(rounded(odd), 16));
        _mm512_storeu_si512(out + size_t(k) * kPanel + v * 2 * kLanes, _mm512_maskz_mov_epi32(real, pairs));
      }
    }
  }
}

// `weights` [4 hidden, depth]; a panel has 16 units and of these the four gates.
inline void pack_gates(const float* weights, int hidden, int depth, Bfloat16* packed) {
  pack_transposed(weights, depth, hidden / kLanes, packed, [hidden](int panel, int column) {
    return column / kLanes * hidden + panel * kLanes + column % kLanes;
  });
}

// `weights` [columns, depth]; the last panel is filled up with zeros.
inline void pack_columns(const float* weights, int columns, int depth, Bfloat16* packed) {
  pack_transposed(weights, depth, (columns + kPanel - 1) / kPanel, packed, [columns](int panel, int column) {
    const int row = panel * kPanel + column;
    return row < columns ? row : -1;
  });
}

// `weights` [depth, columns] with its rows as depth; columns is a multiple of 64, depth even.
inline void pack_rows(const float* weights, int depth, int columns, Bfloat16* packed) {
  for (int panel = 0; panel < columns / kPanel; ++panel)
    for (int k = 0; k < depth; k += 2)
      for (int v = 0; v < kVectors; ++v) {
        const float* even = weights + size_t(k) * columns + panel * kPanel + v * kLanes;
        const __m512i pairs = _mm512_or_si512(rounded(even), _mm512_slli_epi32(rounded(even + columns), 16));
        _mm512_storeu_si512(packed + panel * panel_size(depth) + size_t(k) * kPanel + v * 2 * kLanes, pairs);
      }
}

}  // namespace dragoman
