// Beam search over one sentence: see model/decoding/__init__.py for what is searched. Order among equals is by
// hypothesis, then by token.
//
// A row lives in memory of the caller's, all of it in one block, so that it joins and leaves a batch without a copy.
// A step is done in two parts, so that one that fails changes nothing: `rank` only looks, `commit` advances.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <vector>

#include "candidate.hpp"
#include "step.hpp"
#include "terms.hpp"

namespace dragoman {

constexpr double kCoverageFloor = 1e-6;

// How one sentence is searched.
struct RowOptions {
  int32_t beam, n_best, min_length, max_length;
  int32_t room;                // steps that there is memory for
  int32_t early_stopping;      // whether the exact bound may end the row
  int32_t keeps_trail;         // whether what each step read is kept
  int32_t length;              // source positions
  int32_t layers, hidden;      // of the network's decoder
  double coverage_penalty;
  double longest_norm;         // the length norm of max_length tokens and EOS
  const double* norms;         // length norms by target tokens, EOS counted: [room + 1]
  const float* memory;         // keys and values [2, length, hidden]
  const float* start;          // hidden states [layers, hidden]
  const Shortlist* shortlist;  // null: none
  const Terms* terms;          // null: none
};

// A finished hypothesis.
struct Finished {
  double score;
  float log_prob;
  int32_t length;  // target tokens without EOS
  int32_t parent;  // which of the hypotheses open at its last step it was
};

// Hands out pieces of one block of memory, or, without one, only counts.
class Arena {
 public:
  explicit Arena(char* begin) : begin_(begin) {}

  template <class T>
  T* take(size_t count) {
    used_ = (used_ + kAlignment - 1) / kAlignment * kAlignment;
    T* found = begin_ ? reinterpret_cast<T*>(begin_ + used_) : nullptr;
    used_ += count * sizeof(T);
    return found;
  }

  size_t used() const { return used_; }

 private:
  static constexpr size_t kAlignment = 64;
  char* begin_;
  size_t used_ = 0;
};

class Row {
 public:
  static size_t bytes(const RowOptions& options) {
    Arena arena(nullptr);
    arena.take<Row>(1);
    Row(options).place(arena);
    return arena.used();
  }

  // A row before its first step, at the beginning of `bytes(options)` bytes.
  static Row* make(const RowOptions& options, char* memory) {
    Arena arena(memory);
    Row* row = new (arena.take<Row>(1)) Row(options);
    row->place(arena);
    row->start();
    return row;
  }

  // The same row with room for more steps, in another block of memory; `norms` is as long as that room wants.
  Row* move(int32_t room, const double* norms, char* memory) const {
    RowOptions options = options_;
    options.room = room;
    options.norms = norms;
    Row* to = make(options, memory);
    const size_t beam = options.beam, width = options.length, n_best = options.n_best;
    std::copy_n(states_, 2 * beam * stride(), to->states_);
    std::copy_n(log_probs_, beam, to->log_probs_);
    std::copy_n(last_, beam, to->last_);
    std::copy_n(parents_, beam, to->parents_);
    std::copy_n(coverage_, 2 * beam * width, to->coverage_);
    std::copy_n(best_, n_best, to->best_);
    std::copy_n(best_place_, n_best, to->best_place_);
    std::copy_n(best_coverage_, n_best * width, to->best_coverage_);
    std::copy_n(history_, length_ * beam, to->history_);
    if (options.keeps_trail) std::copy_n(attention_, length_ * beam * width, to->attention_);
    to->length_ = length_;
    to->finished_ = finished_;
    to->ended_ = ended_;
    return to;
  }

  int length() const { return length_; }
  bool has_ended() const { return ended_; }
  bool is_full() const { return length_ == options_.room; }
  const RowOptions& options() const { return options_; }

  // Adds the open hypotheses, in order.
  void open(std::vector<Open>& all) const {
    for (int j = 0; j < options_.beam; ++j)
      if (is_open(j))
        all.push_back({last_[j], states(length_) + parents_[j] * stride(), states(length_ + 1) + j * stride(),
                       options_.memory, options_.length, options_.shortlist, attention(length_, j), wish(j)});
  }

  // Ranks what follows the open hypotheses; their outlooks begin with that at `first`, which moves on behind
  // them. Changes nothing that a repetition of the step would read. False: the numbers are unusable.
  bool rank(const Stepper& stepper, size_t& first) {
    thread_local std::vector<Candidate> found;
    found.clear();
    const bool usable = options_.terms ? rank_with_terms(stepper, first, found) : rank_plainly(stepper, first, found);
    count_ = int(found.size());
    std::copy(found.begin(), found.end(), candidates_);
    return usable && (count_ > 0 || finished_ > 0);
  }

  // Makes the ranked candidates the row's next hypotheses.
  void commit() {
    for (int i = 0; i < std::min(count_, options_.beam); ++i)
      if (candidates_[i].token == kEnd) finish(candidates_[i]);
    int place = 0;
    for (int i = 0; i < count_ && place < options_.beam; ++i)
      if (candidates_[i].token != kEnd) put(place++, candidates_[i]);
    const int open = place;
    for (; place < options_.beam; ++place) put(place, {-INFINITY, 0, 0});
    ++length_;
    ended_ = open == 0 || finished_ >= options_.beam || is_decided();
  }

  int results() const { return int(std::min<int64_t>(finished_, options_.n_best)); }
  const Finished& result(int i) const { return best_[i]; }
  const float* result_coverage(int i) const { return best_coverage_ + size_t(best_place_[i]) * options_.length; }

  // The tokens of a finished hypothesis, and, with a trail, what each of its steps read, the last one's EOS.
  void walk(const Finished& found, int32_t* tokens, float* trail) const {
    // parents of step 1 [0, 0, 2], parent 2 at step 2: it read at 2 in step 2, and in step 1 at parents[2] = 2
    int at = found.parent;
    for (int step = found.length; step >= 0; --step) {
      if (step < found.length) {
        tokens[step] = history_[size_t(step) * options_.beam + at].token;
        at = history_[size_t(step) * options_.beam + at].parent;
      }
      if (trail) std::copy_n(attention(step, at), options_.length, trail + size_t(step) * options_.length);
    }
  }

 private:
  struct Event {
    int32_t token, parent;
  };

  explicit Row(const RowOptions& options) : options_(options) {}

  void place(Arena& arena) {
    const size_t beam = options_.beam, steps = options_.room, n_best = options_.n_best;
    states_ = arena.take<float>(2 * beam * stride());
    log_probs_ = arena.take<float>(beam);
    last_ = arena.take<int32_t>(beam);
    parents_ = arena.take<int32_t>(beam);
    coverage_ = arena.take<float>(2 * beam * options_.length);
    candidates_ = arena.take<Candidate>(2 * beam);
    best_ = arena.take<Finished>(n_best);
    best_place_ = arena.take<int32_t>(n_best);
    best_coverage_ = arena.take<float>(n_best * options_.length);
    history_ = arena.take<Event>(steps * beam);
    attention_ = arena.take<float>((options_.keeps_trail ? steps : 1) * beam * options_.length);
  }

  void start() {
    const int beam = options_.beam, hidden = options_.hidden;
    std::fill_n(states_, beam * stride(), 0.0f);
    for (int layer = 0; layer < options_.layers; ++layer)
      std::copy_n(options_.start + size_t(layer) * hidden, hidden, states_ + size_t(layer) * 2 * hidden);
    std::fill_n(coverage_, size_t(beam) * options_.length, 0.0f);
    for (int j = 0; j < beam; ++j) log_probs_[j] = j ? -INFINITY : 0.0f, last_[j] = kBegin, parents_[j] = 0;
    for (int i = 0; i < options_.n_best; ++i) best_[i].score = -INFINITY, best_place_[i] = i;
  }

  size_t stride() const { return size_t(options_.layers) * 2 * options_.hidden; }
  bool is_open(int j) const { return log_probs_[j] > -INFINITY; }
  float* states(int step) const { return states_ + (step & 1) * options_.beam * stride(); }
  float* coverage(int step, int j) const {
    return coverage_ + (size_t(step & 1) * options_.beam + j) * options_.length;
  }
  float* attention(int step, int j) const {
    return attention_ + (size_t(options_.keeps_trail ? step : 0) * options_.beam + j) * options_.length;
  }

  bool is_last() const { return length_ >= options_.max_length; }  // only EOS may follow

  // What the search wants to know of the words that may follow hypothesis `j`.
  Wish wish(int j) const {
    const int twice = 2 * options_.beam;
    if (!options_.terms) return {twice};
    const Terms& terms = *options_.terms;
    const bool whole = TermSearch(terms, options_.length).has_just_completed(tokens(j));
    return {twice + terms.watched, whole, terms.distinct, terms.watched};
  }

  // The log-probability with EOS; NaN where the network gave numbers that are none, -inf where EOS may not follow.
  float ending(const Outlook& seen, float normaliser, int j) const {
    const float value = log_probs_[j] + (seen.ending - normaliser);
    if (!std::isfinite(normaliser) || !(value < INFINITY)) return NAN;
    return length_ >= options_.min_length ? value : -INFINITY;
  }

  // The best of what may follow, for each hypothesis at most its own best words and EOS.
  bool rank_plainly(const Stepper& stepper, size_t& first, std::vector<Candidate>& found) const {
    bool usable = true;
    for (int j = 0; j < options_.beam; ++j) {
      if (!is_open(j)) continue;
      const Outlook& seen = stepper.outlook(first++);
      const float normaliser = seen.normaliser(), end = ending(seen, normaliser, j);
      usable &= !std::isnan(end);
      if (end > -INFINITY) found.push_back({end, j, kEnd});
      for (int i = 0; !is_last() && i < seen.best.size(); ++i) {
        const float value = log_probs_[j] + (seen.best.value(i) - normaliser);
        if (value > -INFINITY) found.push_back({value, j, seen.best.token(i)});
      }
    }
    const size_t count = std::min(found.size(), size_t(2) * options_.beam);
    std::partial_sort(found.begin(), found.begin() + count, found.end());
    found.resize(count);
    return usable;
  }

  bool rank_with_terms(const Stepper& stepper, size_t& first, std::vector<Candidate>& found) const {
    std::vector<Holder> holders;
    for (int j = 0; j < options_.beam; ++j) {
      if (!is_open(j)) continue;
      const Outlook& seen = stepper.outlook(first++);
      const float normaliser = seen.normaliser(), end = ending(seen, normaliser, j);
      holders.push_back({j, log_probs_[j], end, !is_last(), normaliser, &seen, attention(length_, j), tokens(j)});
    }
    if (std::any_of(holders.begin(), holders.end(), [](const Holder& each) { return std::isnan(each.ending); }))
      return false;
    TermSearch search(*options_.terms, options_.length);
    search.rank(holders, finished_ == 0, 2 * length_ >= options_.max_length, is_last(), 2 * options_.beam, found);
    return true;
  }

  // What hypothesis `j` consists of.
  std::vector<int32_t> tokens(int j) const {
    std::vector<int32_t> found(length_);
    for (int step = length_ - 1; step >= 0; --step) {
      const Event& event = history_[size_t(step) * options_.beam + j];
      found[step] = event.token;
      j = event.parent;
    }
    return found;
  }

  void put(int place, const Candidate& candidate) {
    log_probs_[place] = candidate.value;
    last_[place] = candidate.token;
    parents_[place] = candidate.parent;
    history_[size_t(length_) * options_.beam + place] = {candidate.token, candidate.parent};
    if (candidate.value > -INFINITY) cover(candidate.parent, coverage(length_ + 1, place));
  }

  // What hypothesis `j` has read, this step included.
  void cover(int j, float* out) const {
    const float *so_far = coverage(length_, j), *now = attention(length_, j);
    for (int i = 0; i < options_.length; ++i) out[i] = so_far[i] + now[i];
  }

  // Enters a hypothesis that finishes; among equal scores who is here already stays ahead.
  void finish(const Candidate& candidate) {
    thread_local std::vector<float> covered;
    covered.resize(options_.length);
    cover(candidate.parent, covered.data());
    const double score = double(candidate.value) / options_.norms[length_ + 1] + coverage_term(covered);
    ++finished_;
    int place = std::min<int>(finished_ - 1, options_.n_best);
    while (place > 0 && best_[place - 1].score < score) --place;
    if (place == options_.n_best) return;
    const int32_t room = best_place_[options_.n_best - 1];  // of the one that falls out
    for (int i = options_.n_best - 1; i > place; --i) best_[i] = best_[i - 1], best_place_[i] = best_place_[i - 1];
    best_[place] = {score, candidate.value, length_, candidate.parent};
    best_place_[place] = room;
    std::copy(covered.begin(), covered.end(), best_coverage_ + size_t(room) * options_.length);
  }

  // As in model/decoding/penalties.py, never positive.
  double coverage_term(const std::vector<float>& covered) const {
    if (options_.coverage_penalty == 0.0) return 0.0;
    double total = 0.0;
    for (const float each : covered) total += std::log(std::min(std::max(double(each), kCoverageFloor), 1.0));
    return options_.coverage_penalty * total;
  }

  // Whether nothing that finishes later can enter the best: see model/decoding/__init__.py.
  bool is_decided() const {
    float open = -INFINITY;
    for (int j = 0; j < options_.beam; ++j) open = std::max(open, log_probs_[j]);
    const double bound = double(open) / options_.longest_norm;
    return options_.early_stopping && bound <= best_[options_.n_best - 1].score;
  }

  RowOptions options_;
  int32_t length_ = 0, finished_ = 0, count_ = 0;
  bool ended_ = false;
  float *states_, *log_probs_, *coverage_, *attention_, *best_coverage_;
  int32_t *last_, *parents_, *best_place_;
  Candidate* candidates_;
  Finished* best_;
  Event* history_;
};

}  // namespace dragoman
