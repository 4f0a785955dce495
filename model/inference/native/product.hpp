// Integer matrix products: int8 activations, 8-bit weights, exact 32-bit sums.
//
// Integer addition is associative: a row's sums are the same whatever tile of rows it is computed in. All
// floating-point work around them is done lane by lane in one fixed order, so that no row's result depends on
// how many others there are. That is where batch invariance comes from.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include "simd.hpp"

namespace dragoman {

constexpr int kPanel = 64;      // columns computed together: four vectors of sums for each row
constexpr int kVectors = kPanel / kLanes;
constexpr int kTileRows = 6;    // 6 x 4 sums, 4 weights and 1 activation: 29 of 32 registers
constexpr int kMaxSegments = 3;

// Weights of a linear map whose input is a concatenation of segments, each with scales of its own.
//
// `packed` holds panel after panel of 64 columns; in a panel, segment after segment; in a segment, four inputs
// after four inputs; of these, column after column, the four bytes `weight + 128`.
struct Matrix {
  const uint8_t* packed;
  const float* scale;  // [segments, panels * 64]
  const float* bias;   // [panels * 64], null for none
  int32_t panels;
  int32_t segments;
  int32_t quads[kMaxSegments];  // inputs of each segment, by four
};

// Rows of float32 made int8, each by its own largest magnitude.
class Activations {
 public:
  void resize(int rows, int width) {
    rows_ = rows;
    width_ = width;
    if (data_.size() < size_t(rows) * width) data_.resize(size_t(rows) * width);
    if (scale_.size() < size_t(rows)) scale_.resize(rows), offset_.resize(rows);
  }

  // `x` is [width]; width is a multiple of 16.
  void set(int row, const float* x) {
    Floats largest = _mm512_setzero_ps();
    for (int i = 0; i < width_; i += kLanes)
      largest = _mm512_max_ps(largest, _mm512_abs_ps(_mm512_loadu_ps(x + i)));
    const float bound = _mm512_reduce_max_ps(largest);
    const Floats inverse = all(bound > 0.0f ? 127.0f / bound : 0.0f);
    __m512i sum = _mm512_setzero_si512();
    int8_t* out = data_.data() + size_t(row) * width_;
    for (int i = 0; i < width_; i += kLanes) {
      const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), inverse));
      sum = _mm512_add_epi32(sum, q);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm512_cvtsepi32_epi8(q));
    }
    scale_[row] = bound / 127.0f;
    offset_[row] = 128 * _mm512_reduce_add_epi32(sum);
  }

  int rows() const { return rows_; }
  int width() const { return width_; }
  const int8_t* row(int row) const { return data_.data() + size_t(row) * width_; }
  Floats scale(int row) const { return all(scale_[row]); }
  __m512i offset(int row) const { return _mm512_set1_epi32(offset_[row]); }

 private:
  int rows_ = 0, width_ = 0;
  std::vector<int8_t> data_;
  std::vector<float> scale_;
  std::vector<int32_t> offset_;  // what adding 128 to each weight has added to the sums
};

struct Panel {
  Floats part[kVectors];
};

// Loops over the registers of a tile must vanish, or the sums live in memory.
#define DRAGOMAN_UNROLLED _Pragma("GCC unroll 8")

// sums += weights · activations, four of each per lane. In assembly, as GCC 12 copies the sums around the intrinsic.
inline void accumulate(__m512i& sums, __m512i weights, __m512i activations) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(weights), "v"(activations));
}

// One panel of `Rows` rows; `finish(row, panel, values)` gets each of them, bias included.
template <int Rows, class Finish>
inline void tile(const Matrix& w, const Activations* const* inputs, int first, int panel, Finish&& finish) {
  Panel total[Rows];
  size_t depth = 0;
  for (int s = 0; s < w.segments; ++s) depth += w.quads[s];
  const uint8_t* weights = w.packed + size_t(panel) * depth * kPanel * 4;
  for (int s = 0; s < w.segments; ++s) {
    const Activations& input = *inputs[s];
    const int8_t* x = input.row(first);
    const size_t width = input.width();
    __m512i sums[Rows][kVectors];
    DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r)
      DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_si512();
    for (const int8_t* end = x + size_t(w.quads[s]) * 4; x < end; x += 4, weights += kPanel * 4) {
      __m512i columns[kVectors];
      DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) columns[v] = _mm512_loadu_si512(weights + v * 64);
      DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r) {
        int32_t four;
        std::memcpy(&four, x + r * width, 4);
        const __m512i value = _mm512_set1_epi32(four);
        DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) accumulate(sums[r][v], columns[v], value);
      }
    }
    const float* scale = w.scale + (size_t(s) * w.panels + panel) * kPanel;
    DRAGOMAN_UNROLLED for (int r = 0; r < Rows; ++r)
      DRAGOMAN_UNROLLED for (int v = 0; v < kVectors; ++v) {
        const __m512i exact = _mm512_sub_epi32(sums[r][v], input.offset(first + r));
        const Floats real = _mm512_mul_ps(_mm512_cvtepi32_ps(exact), input.scale(first + r));
        const Floats before = s        ? total[r].part[v]
                              : w.bias ? _mm512_loadu_ps(w.bias + panel * kPanel + v * kLanes)
                                       : all(0.0f);
        total[r].part[v] = _mm512_fmadd_ps(real, _mm512_loadu_ps(scale + v * kLanes), before);
      }
  }
  for (int r = 0; r < Rows; ++r) finish(first + r, panel, total[r]);
}

// Rows [first, end) times `w`, panel by panel: a panel's weights are read once and used by all rows.
template <class Finish>
inline void product(const Matrix& w, const Activations* const* inputs, int first, int end, Finish&& finish) {
  for (int panel = 0; panel < w.panels; ++panel) {
    for (int row = first; row < end; row += kTileRows) {
      switch (end - row) {
        case 1: tile<1>(w, inputs, row, panel, finish); break;
        case 2: tile<2>(w, inputs, row, panel, finish); break;
        case 3: tile<3>(w, inputs, row, panel, finish); break;
        case 4: tile<4>(w, inputs, row, panel, finish); break;
        case 5: tile<5>(w, inputs, row, panel, finish); break;
        default: tile<6>(w, inputs, row, panel, finish); break;
      }
    }
  }
}

}  // namespace dragoman
