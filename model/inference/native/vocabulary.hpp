// The softmax layer in one pass: no logit is stored, what is kept is their normaliser and the largest few.
#pragma once

#include <algorithm>

#include "product.hpp"

namespace dragoman {

// The largest `capacity` logits seen, with their tokens, largest first and, among equals, in order of arrival.
class Best {
 public:
  void clear(int capacity) {
    capacity_ = capacity;
    size_ = 0;
    if (values_.size() < size_t(capacity)) values_.resize(capacity), tokens_.resize(capacity);
  }

  float threshold() const { return size_ < capacity_ ? -INFINITY : values_[size_ - 1]; }

  void add(float value, int token) {
    if (!(value > threshold())) return;
    int place = size_ < capacity_ ? size_++ : size_ - 1;
    for (; place > 0 && values_[place - 1] < value; --place) {
      values_[place] = values_[place - 1];
      tokens_[place] = tokens_[place - 1];
    }
    values_[place] = value;
    tokens_[place] = token;
  }

  int size() const { return size_; }
  float value(int i) const { return values_[i]; }
  int token(int i) const { return tokens_[i]; }

 private:
  int capacity_ = 0, size_ = 0;
  std::vector<float> values_;
  std::vector<int> tokens_;
};

// Which columns mean which tokens.
struct Columns {
  const uint64_t* words;   // for each panel, a bit for each column that a translation may hold
  const uint64_t* boundaries;  // the same for those of them that may follow a term
  const int32_t* tokens;   // of each column, ascending; null: a column is its token
  int32_t count;           // real columns; further ones are padding, whose bias is -inf
  int32_t ending;          // the column of EOS
  int32_t rest;            // from this panel on: no logits, but an estimate of what is left out; see words.py

  int token(int column) const { return tokens ? tokens[column] : column; }

  // The column of a token, or -1.
  int column(int token) const {
    if (!tokens) return token;
    const int32_t* found = std::lower_bound(tokens, tokens + count, token);
    return found < tokens + count && *found == token ? int(found - tokens) : -1;
  }
};

// What a hypothesis wants to know of its logits.
struct Wish {
  int32_t k = 1;                    // how many of the best words
  bool boundaries = false;          // of those that may follow a term alone
  const int32_t* tokens = nullptr;  // whose logits it wants whatever they are, ascending; or null
  int32_t count = 0;
};

// What one hypothesis has seen of its logits.
struct Outlook {
  Best best;
  std::vector<float> watched;  // logits of the tokens that it wants; -inf for one that is in no column
  float largest[kLanes];  // by lane
  float sum[kLanes];      // of exp(logit - largest), by lane
  float ending;           // logit of EOS
  float rest;             // logarithm of the exponentials of logits that were left out, estimated
  const uint64_t* words;  // a bit for each column that may be among the best

  struct Awaited {
    int column, place;
  };
  std::vector<Awaited> awaited;  // of what is wanted, what is still to come; the next one last

  void begin(const Wish& wish, const Columns& columns) {
    best.clear(wish.k);
    words = wish.boundaries ? columns.boundaries : columns.words;
    ending = rest = -INFINITY;
    for (int i = 0; i < kLanes; ++i) largest[i] = -1e30f, sum[i] = 0.0f;
    watched.assign(wish.count, -INFINITY);
    awaited.clear();
    for (int i = 0; i < wish.count; ++i)
      if (const int column = columns.column(wish.tokens[i]); column >= 0) awaited.push_back({column, i});
    std::reverse(awaited.begin(), awaited.end());
  }

  // Takes what is wanted of one panel.
  void watch(int panel, const float* logits) {
    for (; is_awaited(panel); awaited.pop_back()) watched[awaited.back().place] = logits[awaited.back().column % kPanel];
  }

  bool is_awaited(int panel) const { return !awaited.empty() && awaited.back().column / kPanel == panel; }

  // Log of the sum of exponentials, lanes put together in one fixed order.
  float normaliser() const {
    const Floats lanes = _mm512_loadu_ps(largest);
    const float top = _mm512_reduce_max_ps(lanes);
    const Floats scaled = _mm512_mul_ps(_mm512_loadu_ps(sum), exp(_mm512_sub_ps(lanes, all(top))));
    const float seen = top + std::log(_mm512_reduce_add_ps(scaled));
    return rest == -INFINITY ? seen : std::max(seen, rest) + std::log1p(std::exp(-std::fabs(seen - rest)));
  }
};

// Adds one panel of the estimate: its very first column is the mean, all others are roots of the variance.
inline void look_at_rest(Outlook& seen, bool first, const Panel& columns) {
  Floats squares = _mm512_setzero_ps();
  for (int v = 0; v < kVectors; ++v) {
    const __mmask16 roots = first && v == 0 ? 0xFFFE : 0xFFFF;
    const Floats root = _mm512_maskz_mov_ps(roots, columns.part[v]);
    squares = _mm512_fmadd_ps(root, root, squares);
  }
  seen.rest = (first ? _mm512_cvtss_f32(columns.part[0]) : seen.rest) + 0.5f * _mm512_reduce_add_ps(squares);
}

// Adds one panel of logits to what a hypothesis has seen.
inline void look(Outlook& seen, const Columns& columns, int panel, const Panel& logits) {
  if (panel >= columns.rest) return look_at_rest(seen, panel == columns.rest, logits);
  const Floats before = _mm512_loadu_ps(seen.largest);
  Floats top = before;
  for (int v = 0; v < kVectors; ++v) top = _mm512_max_ps(top, logits.part[v]);
  Floats sum = _mm512_loadu_ps(seen.sum);
  if (_mm512_cmp_ps_mask(top, before, _CMP_GT_OQ)) {
    sum = _mm512_mul_ps(sum, exp(_mm512_sub_ps(before, top)));
    _mm512_storeu_ps(seen.largest, top);
  }
  for (int v = 0; v < kVectors; ++v) sum = _mm512_add_ps(sum, exp(_mm512_sub_ps(logits.part[v], top)));
  _mm512_storeu_ps(seen.sum, sum);

  const Floats bar = all(seen.best.threshold());
  uint64_t found = 0;
  for (int v = 0; v < kVectors; ++v)
    found |= uint64_t(_mm512_cmp_ps_mask(logits.part[v], bar, _CMP_GT_OQ)) << (v * kLanes);
  found &= seen.words[panel];
  const bool ends = columns.ending / kPanel == panel, awaited = seen.is_awaited(panel);
  if (!found && !ends && !awaited) return;
  float values[kPanel];
  for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(values + v * kLanes, logits.part[v]);
  if (ends) seen.ending = values[columns.ending % kPanel];
  if (awaited) seen.watch(panel, values);
  for (; found; found &= found - 1) {
    const int column = __builtin_ctzll(found);
    seen.best.add(values[column], columns.token(panel * kPanel + column));
  }
}

}  // namespace dragoman
