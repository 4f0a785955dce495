// Matrix products of bfloat16 numbers with float32 sums: a tile of rows times a panel of 64 columns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "../../inference/native/simd.hpp"

namespace dragoman {

using Bfloat16 = uint16_t;

constexpr int kPanel = 64;  // columns computed together: four vectors of sums for each row
constexpr int kVectors = kPanel / kLanes;
constexpr int kTileRows = 6;  // 6 x 4 sums, 4 weights and 1 activation: 29 of 32 registers

// Loops over the registers of a tile must vanish, or the sums live in memory.
#define DRAGOMAN_UNROLLED _Pragma("GCC unroll 8")

// Right-hand sides are packed panel after panel; in a panel, two inputs after two inputs; of these, column
// after column, the two numbers of the column.
inline size_t panel_size(int depth) { return size_t(depth) * kPanel; }

// sums += weights · activations, two of each per lane. In assembly, as GCC 12 copies the sums around the intrinsic.
inline void accumulate(Floats& sums, __m512i weights, __m512i activations) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(weights), "v"(activations));
}

// sums += rows of `x` [Rows, depth], `stride` apart, times the packed panel `w`; depth is even. Never inlined:
// among other code GCC runs out of registers, and a call costs nothing beside the loop.
template <int Rows>
[[gnu::noinline]] void multiply(Floats (&sums)[Rows][kVectors], const Bfloat16* x, size_t stride, const Bfloat16* w,
                     int depth) {
  Floats held[Rows][kVectors];  // in registers, whatever the caller does with its sums
  DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r)
    DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) held[r][v] = sums[r][v];
  for (int k = 0; k < depth; k += 2, w += 2 * kPanel) {
    __m512i columns[kVectors];
    DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) columns[v] = _mm512_loadu_si512(w + 2 * kLanes * v);
    DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r) {
      int32_t pair;
      std::memcpy(&pair, x + r * stride + k, sizeof pair);
      const __m512i value = _mm512_set1_epi32(pair);
      DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) accumulate(held[r][v], columns[v], value);
    }
  }
  DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r)
    DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) sums[r][v] = held[r][v];
}

// Calls `tile.template run<Rows>(row)` for tiles of rows that cover [0, rows).
template <class Tile>
inline void tiled(int rows, Tile&& tile) {
  int row = 0;
  for (; row + kTileRows <= rows; row += kTileRows) tile.template run<kTileRows>(row);
  switch (rows - row) {
    case 1: tile.template run<1>(row); break;
    case 2: tile.template run<2>(row); break;
    case 3: tile.template run<3>(row); break;
    case 4: tile.template run<4>(row); break;
    case 5: tile.template run<5>(row); break;
  }
}

// The first `count` of sixteen lanes; none for less than one.
inline __mmask16 lanes_of(int count) { return count <= 0 ? 0 : count >= kLanes ? 0xffff : (1u << count) - 1; }

inline void store(Bfloat16* out, Floats x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)_mm512_cvtneps_pbh(x));
}

inline Floats load(const Bfloat16* x) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(low), 16));
}

}  // namespace dragoman
