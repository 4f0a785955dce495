// Sixteen floats at a time. Every operation is one lane's own, so a number never depends on its neighbours.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace dragoman {

using Floats = __m512;
constexpr int kLanes = 16;

inline Floats all(float x) { return _mm512_set1_ps(x); }

// NaN stays NaN: of two operands, the instructions return the second where one is NaN.
inline Floats clamp(Floats x, float low, float high) {
  return _mm512_min_ps(all(high), _mm512_max_ps(all(low), x));
}
inline Floats clamp(Floats x, float bound) { return clamp(x, -bound, bound); }

// e^x; relative error below 2e-7. x is clamped to [-87, 88], where float32 ends.
inline Floats exp(Floats x) {
  x = clamp(x, -87.0f, 88.0f);
  // x = n ln 2 + r, ln 2 in two parts so that r is exact; e^r by its series on |r| <= ln 2 / 2.
  const Floats n = _mm512_roundscale_ps(_mm512_mul_ps(x, all(1.44269504f)), 0);
  Floats r = _mm512_fnmadd_ps(n, all(0.693145752f), x);
  r = _mm512_fnmadd_ps(n, all(1.42860677e-6f), r);
  Floats y = all(1.0f / 5040);
  for (const float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f})
    y = _mm512_fmadd_ps(y, r, all(coefficient));
  return _mm512_scalef_ps(y, n);
}

inline Floats sigmoid(Floats x) {
  const Floats e = exp(_mm512_sub_ps(_mm512_setzero_ps(), clamp(x, 40.0f)));
  return _mm512_div_ps(all(1.0f), _mm512_add_ps(all(1.0f), e));
}

// sigmoid(gate) * tanh(x) with one division; beyond the bounds both are constant in float32.
inline Floats gated_tanh(Floats gate, Floats x) {
  const Floats e = exp(_mm512_sub_ps(_mm512_setzero_ps(), clamp(gate, 40.0f)));
  const Floats t = exp(_mm512_mul_ps(all(2.0f), clamp(x, 10.0f)));
  const Floats below = _mm512_mul_ps(_mm512_add_ps(all(1.0f), e), _mm512_add_ps(t, all(1.0f)));
  return _mm512_div_ps(_mm512_sub_ps(t, all(1.0f)), below);
}

inline Floats tanh(Floats x) {
  const Floats t = exp(_mm512_mul_ps(all(2.0f), clamp(x, 10.0f)));
  return _mm512_div_ps(_mm512_sub_ps(t, all(1.0f)), _mm512_add_ps(t, all(1.0f)));
}

}  // namespace dragoman
