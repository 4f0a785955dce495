// Right-hand sides in the order in which the products read them; see product.hpp.
#pragma once

#include "transpose.hpp"

namespace dragoman {

// The next numbers of a row as sixteen pairs, zeros behind the `count` that there are.
inline __m512i rounded_pairs(const float* x, int count) {
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(lanes_of(count - kLanes), x + kLanes),
                                      _mm512_maskz_loadu_ps(lanes_of(count), x));
}

// Columns from rows: `weights` is [rows, depth] float32, and a panel's column c is the row `order(panel, c)`, or
// zeros where that is negative. Depth is even.
template <class Order>
inline void pack_transposed(const float* weights, int depth, int panels, Bfloat16* packed, Order&& order) {
  for (int panel = 0; panel < panels; ++panel) {
    Bfloat16* out = packed + panel * panel_size(depth);
    for (int v = 0; v < kVectors; ++v) {
      const float* rows[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) {
        const int row = order(panel, v * kLanes + lane);
        rows[lane] = row < 0 ? nullptr : weights + size_t(row) * depth;
      }
      for (int k = 0; k < depth; k += 2 * kLanes) {
        __m512i block[kLanes];
        for (int lane = 0; lane < kLanes; ++lane)
          block[lane] = rows[lane] ? rounded_pairs(rows[lane] + k, depth - k) : _mm512_setzero_si512();
        transpose(block);
        for (int pair = 0; pair < std::min(kLanes, (depth - k) / 2); ++pair)
          _mm512_storeu_si512(out + size_t(k + 2 * pair) * kPanel + v * 2 * kLanes, block[pair]);
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

inline __m512i loaded(const float* x, __mmask16 mask) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x)));
}

inline __m512i loaded(const Bfloat16* x, __mmask16 mask) {
  return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x));
}

// A matrix whose rows are the depth, `row(k)` being its k-th or null; zeros for what is null and behind the columns.
// Depth is even. Some rows at a time, which stay in the cache while each panel gets its part of them: written row by
// row, every panel would be a place of its own to write to.
template <class Number, class Row>
inline void pack_rows(Row&& row, int depth, int columns, Bfloat16* packed) {
  constexpr int kRows = 32;
  for (int start = 0; start < depth; start += kRows)
    for (int first = 0; first < columns; first += kPanel) {
      Bfloat16* out = packed + first / kPanel * panel_size(depth) + size_t(start) * kPanel;
      for (int k = start; k < std::min(start + kRows, depth); k += 2) {
        const Number *even = row(k), *odd = row(k + 1);
        for (int column = first; column < first + kPanel; column += kLanes, out += 2 * kLanes) {
          const __mmask16 mask = lanes_of(columns - column);
          const __m512i low = even ? loaded(even + column, mask) : _mm512_setzero_si512();
          const __m512i high = odd ? loaded(odd + column, mask) : _mm512_setzero_si512();
          _mm512_storeu_si512(out, paired(low, high));
        }
      }
    }
}

}  // namespace dragoman
