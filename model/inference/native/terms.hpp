// The candidates of a row whose translation must hold terms: see model/decoding/constrained.py for what is done and
// why. Whether a hypothesis holds a term follows from its tokens, and is found out anew at each step.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "candidate.hpp"
#include "vocabulary.hpp"

namespace dragoman {

constexpr float kUnlisted = -20.0f;  // log-probability of a term's token that a shortlist leaves out
constexpr float kAttended = 0.5f;    // part of the largest weight that a weight must have to matter

struct Terms {
  int32_t count;
  const int32_t* tokens;       // of all terms, one after the other
  const int32_t* lengths;      // [count]
  const int32_t* spans;        // [count, 2]: first source position, and the one after the last
  int32_t watched;
  const int32_t* distinct;     // [watched]: all tokens of the terms, each once, ascending
  const uint8_t* boundaries;   // [vocabulary]: tokens that may follow a term
};

// One hypothesis that is open.
struct Holder {
  int32_t place;
  float so_far;                 // its log-probability
  float ending;                 // with EOS; -inf where EOS may not follow yet
  bool may_go_on;               // whether there is room for a word
  float normaliser;
  const Outlook* seen;
  const float* attention;       // of this step
  std::vector<int32_t> tokens;  // its own

  float value(float logit) const { return so_far + (logit - normaliser); }
};

// How far it has come.
struct Standing {
  std::vector<uint8_t> inside, at_end, may_begin;  // by term
  int held = 0;

  bool met(int term) const { return inside[term] || at_end[term]; }
};

class TermSearch {
 public:
  // `source`: positions of the sentence.
  TermSearch(const Terms& terms, int source) : terms_(terms), source_(source) {
    int begin = 0;
    for (int t = 0; t < terms.count; ++t) begins_.push_back(terms.tokens + begin), begin += terms.lengths[t];
  }

  // Whether what it ends with must be followed by a boundary.
  bool has_just_completed(const std::vector<int32_t>& tokens) const {
    for (int t = 0; t < terms_.count; ++t)
      if (ends_with(tokens, t, terms_.lengths[t]) && !is_inside(tokens, t)) return true;
    return false;
  }

  // The first `count` candidates, in the order of the banks. `is_empty`: nothing has finished yet; `is_late`: half of
  // the length is used; `is_last`: only EOS may follow.
  void rank(const std::vector<Holder>& holders, bool is_empty, bool is_late, bool is_last, size_t count,
            std::vector<Candidate>& found) {
    stand(holders, is_empty, is_late);
    options_.clear();
    for (size_t i = 0; i < holders.size(); ++i) offer(holders[i], standings_[i]);
    end(holders, is_empty && is_last);
    order();
    take_in_turn(count, found);
  }

 private:
  struct Option {
    Candidate candidate;
    float key;  // what it is ranked by
    int bank, begun;
    int place = 0;  // within its bank
  };

  // Whether `tokens` end with the first `size` tokens of a term.
  bool ends_with(const std::vector<int32_t>& tokens, int term, int size) const {
    return int(tokens.size()) >= size && std::equal(begins_[term], begins_[term] + size, tokens.end() - size);
  }

  bool is_inside(const std::vector<int32_t>& tokens, int term) const {
    const int size = terms_.lengths[term];
    for (size_t i = 0; i + size < tokens.size(); ++i)
      if (terms_.boundaries[tokens[i + size]] && std::equal(begins_[term], begins_[term] + size, tokens.begin() + i))
        return true;
    return false;
  }

  // Whether the step reads what a term translates.
  bool attends(const float* attention, int term) const {
    const float* end = attention + source_;
    const float most = *std::max_element(attention + terms_.spans[2 * term], attention + terms_.spans[2 * term + 1]);
    return most >= kAttended * *std::max_element(attention, end);
  }

  void stand(const std::vector<Holder>& holders, bool is_empty, bool is_late) {
    standings_.assign(holders.size(), Standing{});
    int most = 0;
    for (size_t i = 0; i < holders.size(); ++i) {
      Standing& now = standings_[i];
      for (int t = 0; t < terms_.count; ++t) {
        now.inside.push_back(is_inside(holders[i].tokens, t));
        now.at_end.push_back(ends_with(holders[i].tokens, t, terms_.lengths[t]));
        now.held += now.met(t);
      }
      most = std::max(most, now.held);
    }
    for (size_t i = 0; i < holders.size(); ++i) {
      const bool would_end = holders[i].ending >= best(holders[i]);
      const bool rescued = is_empty && standings_[i].held == most && (would_end || is_late);
      for (int t = 0; t < terms_.count; ++t)
        standings_[i].may_begin.push_back(rescued || attends(holders[i].attention, t));
    }
  }

  static float best(const Holder& holder) {
    return holder.may_go_on && holder.seen->best.size() ? holder.value(holder.seen->best.value(0)) : -INFINITY;
  }

  // The words that may follow one hypothesis: the next tokens of its terms, and its best ones.
  void offer(const Holder& holder, const Standing& now) {
    if (!holder.may_go_on) return;
    forced_.clear();
    for (int t = 0; t < terms_.count; ++t) {
      if (now.met(t)) continue;
      for (int size = 0; size < terms_.lengths[t]; ++size)
        if (size ? ends_with(holder.tokens, t, size) : bool(now.may_begin[t])) force(holder, now, begins_[t][size]);
    }
    for (int i = 0; i < holder.seen->best.size(); ++i) {
      const int token = holder.seen->best.token(i);
      if (std::find(forced_.begin(), forced_.end(), token) == forced_.end())
        add(holder, now, holder.value(holder.seen->best.value(i)), token);
    }
  }

  void force(const Holder& holder, const Standing& now, int token) {
    if (std::find(forced_.begin(), forced_.end(), token) != forced_.end()) return;
    forced_.push_back(token);
    const size_t place = std::lower_bound(terms_.distinct, terms_.distinct + terms_.watched, token) - terms_.distinct;
    const float logit = holder.seen->watched[place];
    add(holder, now, logit == -INFINITY ? kUnlisted + holder.so_far : holder.value(logit), token);
  }

  // EOS, where all terms are held; or, if `may_give_up`, without, where no hypothesis holds all.
  void end(const std::vector<Holder>& holders, bool may_give_up) {
    const auto completes = [&](size_t i) { return standings_[i].held == terms_.count; };
    bool possible = false;
    for (size_t i = 0; i < holders.size(); ++i) possible |= completes(i) && holders[i].ending > -INFINITY;
    for (size_t i = 0; i < holders.size(); ++i)
      if (completes(i) || (may_give_up && !possible)) add(holders[i], standings_[i], holders[i].ending, kEnd);
  }

  void add(const Holder& holder, const Standing& now, float value, int token) {
    if (!(value > -INFINITY)) return;
    tail_ = holder.tokens;
    tail_.push_back(token);
    int held = 0, begun = 0;
    for (int t = 0; t < terms_.count; ++t) {
      const int length = terms_.lengths[t];
      int size = length;  // how many of the term's first tokens it now ends with
      while (size > 0 && !((size > 1 || now.may_begin[t]) && ends_with(tail_, t, size))) --size;
      const bool holds = now.inside[t] || (now.at_end[t] && terms_.boundaries[token]) || size == length;
      held += holds;
      if (!holds) begun = std::max(begun, size);
    }
    options_.push_back({{value, holder.place, token}, begun > 1 ? holder.so_far : value, 2 * held + (begun > 0), begun});
  }

  // By key, then by hypothesis, then by token; before all of the highest bank, who has come furthest with a term.
  void order() {
    int highest = -1;
    for (const Option& each : options_) highest = std::max(highest, each.bank);
    std::sort(options_.begin(), options_.end(), [&](const Option& a, const Option& b) {
      const bool first = a.begun > 2 && a.bank == highest, second = b.begun > 2 && b.bank == highest;
      if (first != second) return first;
      if (a.key != b.key) return a.key > b.key;
      if (a.candidate.parent != b.candidate.parent) return a.candidate.parent < b.candidate.parent;
      return a.candidate.token < b.candidate.token;
    });
  }

  // The first of each bank, the highest bank's first; then the second of each, and so on.
  void take_in_turn(size_t count, std::vector<Candidate>& found) {
    in_bank_.assign(2 * terms_.count + 2, 0);
    for (Option& each : options_) each.place = in_bank_[each.bank]++;
    std::sort(options_.begin(), options_.end(), [](const Option& a, const Option& b) {
      return a.place != b.place ? a.place < b.place : a.bank > b.bank;
    });
    found.clear();
    for (size_t i = 0; i < std::min(count, options_.size()); ++i) found.push_back(options_[i].candidate);
  }

  const Terms& terms_;
  const int source_;
  std::vector<const int32_t*> begins_;
  std::vector<Standing> standings_;
  std::vector<Option> options_;
  std::vector<int32_t> forced_, tail_;
  std::vector<int> in_bank_;
};

}  // namespace dragoman
