// A step of AdamW (Loshchilov & Hutter 2019) and of a moving average in one pass over the weights.
#pragma once

#include "product.hpp"

namespace dragoman {

struct AdamW {
  int64_t count;
  float scale;           // what the gradient is multiplied with
  float beta1, beta2, epsilon;
  float rate;            // the learning rate by 1 - beta1^step
  float shrink;          // 1 - learning rate * decay
  float root;            // of 1 - beta2^step
  float moved;           // how far the average goes towards the weights
  const float* gradient;
  float* weights;
  float* mean;
  float* square;
  float* average;  // or null
};

inline Floats between(Floats from, Floats to, float share) {
  return _mm512_fmadd_ps(all(share), _mm512_sub_ps(to, from), from);
}

inline void adamw(const AdamW& task) {
  for (int64_t i = 0; i < task.count; i += kLanes) {
    const __mmask16 mask = lanes_of(int(std::min<int64_t>(task.count - i, kLanes)));
    const auto load = [&](const float* x) { return _mm512_maskz_loadu_ps(mask, x + i); };
    const Floats gradient = _mm512_mul_ps(load(task.gradient), all(task.scale));
    const Floats mean = between(load(task.mean), gradient, 1.0f - task.beta1);
    const Floats square = _mm512_fmadd_ps(all(1.0f - task.beta2), _mm512_mul_ps(gradient, gradient),
                                          _mm512_mul_ps(all(task.beta2), load(task.square)));
    const Floats size = _mm512_add_ps(_mm512_div_ps(_mm512_sqrt_ps(square), all(task.root)), all(task.epsilon));
    const Floats shrunk = _mm512_mul_ps(load(task.weights), all(task.shrink));
    const Floats weights = _mm512_fnmadd_ps(all(task.rate), _mm512_div_ps(mean, size), shrunk);
    _mm512_mask_storeu_ps(task.mean + i, mask, mean);
    _mm512_mask_storeu_ps(task.square + i, mask, square);
    _mm512_mask_storeu_ps(task.weights + i, mask, weights);
    if (task.average)
      _mm512_mask_storeu_ps(task.average + i, mask, between(load(task.average), weights, task.moved));
  }
}

inline double square_sum(const float* x, int64_t count) {
  __m512d low = _mm512_setzero_pd(), high = low;
  for (int64_t i = 0; i < count; i += kLanes) {
    const __mmask16 mask = lanes_of(int(std::min<int64_t>(count - i, kLanes)));
    const Floats part = _mm512_maskz_loadu_ps(mask, x + i);
    const __m512d first = _mm512_cvtps_pd(_mm512_castps512_ps256(part));
    const __m512d second = _mm512_cvtps_pd(_mm512_extractf32x8_ps(part, 1));
    low = _mm512_fmadd_pd(first, first, low);
    high = _mm512_fmadd_pd(second, second, high);
  }
  return _mm512_reduce_add_pd(_mm512_add_pd(low, high));
}

}  // namespace dragoman
