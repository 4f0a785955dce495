// The layers of the network, on rows of float32 that lie wherever the caller wants them.
#pragma once

#include "product.hpp"

namespace dragoman {

struct Norm {
  const float* weight;
  const float* bias;
};

constexpr float kNormEpsilon = 1e-5f;

// Layer norm of `x` [width] into `out`.
inline void normalise(const Norm& norm, const float* x, int width, float* out) {
  Floats sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kLanes) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + i));
  const Floats mean = all(_mm512_reduce_add_ps(sum) / width);
  for (int i = 0; i < width; i += kLanes) {
    const Floats off = _mm512_sub_ps(_mm512_loadu_ps(x + i), mean);
    squares = _mm512_fmadd_ps(off, off, squares);
  }
  const Floats inverse = all(1.0f / std::sqrt(_mm512_reduce_add_ps(squares) / width + kNormEpsilon));
  for (int i = 0; i < width; i += kLanes) {
    const Floats unit = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + i), mean), inverse);
    _mm512_storeu_ps(out + i, _mm512_fmadd_ps(unit, _mm512_loadu_ps(norm.weight + i), _mm512_loadu_ps(norm.bias + i)));
  }
}

// Where one row of an LSTM layer reads and writes. Gate contributions are in panel order: for every 16 units
// the input, forget, cell and output gates' values.
struct Cell {
  const uint16_t* half;  // contributions as float16 [4 * units], or null
  const float* full;     // contributions as float32 [4 * units], or null
  const float* cell_in;
  float* cell_out;
  float* hidden_out;
};

// One step of an LSTM for rows [0, cells.size()); gates = contributions + W · inputs.
inline void lstm(const Matrix& gates, const Activations* const* inputs, const std::vector<Cell>& cells) {
  product(gates, inputs, 0, int(cells.size()), [&](int row, int panel, const Panel& sums) {
    const Cell& at = cells[row];
    Panel gate = sums;
    for (int v = 0; v < kVectors; ++v) {
      const size_t place = size_t(panel) * kPanel + v * kLanes;
      if (at.half) {
        const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at.half + place));
        gate.part[v] = _mm512_add_ps(gate.part[v], _mm512_cvtph_ps(half));
      }
      if (at.full) gate.part[v] = _mm512_add_ps(gate.part[v], _mm512_loadu_ps(at.full + place));
    }
    const int unit = panel * kLanes;
    const Floats kept = _mm512_mul_ps(sigmoid(gate.part[1]), _mm512_loadu_ps(at.cell_in + unit));
    const Floats cell = _mm512_add_ps(kept, gated_tanh(gate.part[0], gate.part[2]));
    _mm512_storeu_ps(at.cell_out + unit, cell);
    _mm512_storeu_ps(at.hidden_out + unit, gated_tanh(gate.part[3], cell));
  });
}

// `rows` of W · inputs + bias; `out(row)` is where each goes. Columns past `width` are padding.
template <class Out>
inline void linear(const Matrix& w, const Activations* const* inputs, int rows, int width, Out&& out) {
  product(w, inputs, 0, rows, [&](int row, int panel, const Panel& sums) {
    float* to = out(row) + size_t(panel) * kPanel;
    for (int v = 0; v < kVectors && panel * kPanel + v * kLanes < width; ++v)
      _mm512_storeu_ps(to + v * kLanes, sums.part[v]);
  });
}

inline void tanh_in_place(float* x, int width) {
  for (int i = 0; i < width; i += kLanes) _mm512_storeu_ps(x + i, tanh(_mm512_loadu_ps(x + i)));
}

// Scaled dot-product attention of one query over the positions of its own sentence.
//
// `keys` and `values` are [positions, width]. `weights` [positions] receives the mean over the heads,
// `context` [width] what was read. `scores` is scratch for `positions` rounded up to 16.
inline void attend(const float* query, const float* keys, const float* values, int positions, int width,
                   int heads, float* scores, float* weights, float* context) {
  const int size = width / heads, padded = (positions + kLanes - 1) / kLanes * kLanes;
  for (int i = 0; i < positions; ++i) weights[i] = 0.0f;
  for (int head = 0; head < heads; ++head) {
    const int begin = head * size;
    for (int i = 0; i < positions; ++i) {
      Floats sum = _mm512_setzero_ps();
      for (int j = begin; j < begin + size; j += kLanes)
        sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + j), _mm512_loadu_ps(keys + size_t(i) * width + j), sum);
      scores[i] = _mm512_reduce_add_ps(sum);
    }
    for (int i = positions; i < padded; ++i) scores[i] = -INFINITY;
    Floats largest = all(-INFINITY), sum = _mm512_setzero_ps();
    for (int i = 0; i < padded; i += kLanes) largest = _mm512_max_ps(largest, _mm512_loadu_ps(scores + i));
    const Floats top = all(_mm512_reduce_max_ps(largest));
    for (int i = 0; i < padded; i += kLanes) {
      const __mmask16 real = positions - i >= kLanes ? 0xFFFF : (1u << (positions - i)) - 1;
      const Floats e = _mm512_maskz_mov_ps(real, exp(_mm512_sub_ps(_mm512_loadu_ps(scores + i), top)));
      _mm512_storeu_ps(scores + i, e);
      sum = _mm512_add_ps(sum, e);
    }
    const float inverse = 1.0f / _mm512_reduce_add_ps(sum);
    for (int j = begin; j < begin + size; j += kLanes) _mm512_storeu_ps(context + j, _mm512_setzero_ps());
    for (int i = 0; i < positions; ++i) {
      const float weight = scores[i] * inverse;
      weights[i] += weight / heads;
      for (int j = begin; j < begin + size; j += kLanes) {
        const Floats value = _mm512_loadu_ps(values + size_t(i) * width + j);
        _mm512_storeu_ps(context + j, _mm512_fmadd_ps(all(weight), value, _mm512_loadu_ps(context + j)));
      }
    }
  }
}

}  // namespace dragoman
