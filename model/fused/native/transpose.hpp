// Sixteen by sixteen: what the products need the other way round.
#pragma once

#include "product.hpp"

namespace dragoman {

// rows[i] lane j <-> rows[j] lane i.
inline void transpose(__m512i (&rows)[kLanes]) {
  __m512i a[kLanes], b[kLanes];
  for (int i = 0; i < kLanes; i += 2) {
    a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  // Of every four lanes j, b[4 i + j] has the rows 4 i to 4 i + 3.
  for (int i = 0; i < kLanes; i += 4) {
    b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  for (int j = 0; j < 4; ++j) {
    const __m512i even_low = _mm512_shuffle_i32x4(b[j], b[4 + j], 0x88);     // quarters 0 2 of both
    const __m512i odd_low = _mm512_shuffle_i32x4(b[j], b[4 + j], 0xdd);      // quarters 1 3
    const __m512i even_high = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0x88);
    const __m512i odd_high = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0xdd);
    rows[j] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    rows[8 + j] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
    rows[4 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    rows[12 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
  }
}

inline __m512i widened(const Bfloat16* x) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
}

// Two numbers of each lane, the first of `even` and the second of `odd`.
inline __m512i paired(__m512i even, __m512i odd) { return _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)); }

// `x` [rows, columns], rows `stride` apart, to `out` [columns, depth], zeros behind the rows; depth is a multiple of
// 32, columns of 16.
inline void transpose(const Bfloat16* x, int rows, int columns, size_t stride, Bfloat16* out, int depth) {
  for (int start = 0; start < depth; start += 2 * kLanes)
    for (int column = 0; column < columns; column += kLanes) {
      __m512i block[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const int row = start + 2 * i;
        const Bfloat16* at = x + row * stride + column;
        const __m512i even = row < rows ? widened(at) : _mm512_setzero_si512();
        const __m512i odd = row + 1 < rows ? widened(at + stride) : _mm512_setzero_si512();
        block[i] = paired(even, odd);
      }
      transpose(block);
      for (int i = 0; i < kLanes; ++i)
        _mm512_storeu_si512(out + size_t(column + i) * depth + start, block[i]);
    }
}

}  // namespace dragoman
