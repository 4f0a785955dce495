// One step of beam search from the best words of every hypothesis: see model/decoding/__init__.py for what is
// searched. Rows are independent; order among equals is by hypothesis, then by token.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace dragoman {

constexpr int64_t kEnd = 2;

struct SearchTask {
  int32_t rows, beam, k, capacity, source, n_best;
  const int64_t* options;     // [rows, option_columns]: beam_size, n_best, min_length, max_length, early_stopping
  int32_t option_columns;
  const double* longest_norm; // [rows], norm_stride apart
  int32_t norm_stride;
  const int64_t* length;      // [rows]
  const float* log_probs;     // [rows, beam]
  const float* values;        // [rows, beam, k]
  const int64_t* best;        // [rows, beam, k]
  const float* ending;        // [rows, beam]
  const int64_t* tokens;      // [rows, beam, capacity]
  const float* coverage;      // [rows, beam, source]
  const float* attention;     // [rows, beam, source]
  const int64_t* finished;    // [rows]: hypotheses that have finished so far
  const double* scores;       // [rows, n_best] of the best of them
  // The 2 * beam candidates of each row, best first: [rows, 2 * beam].
  float* candidate_values;
  int64_t* candidate_parents;
  int64_t* candidate_tokens;
  // The hypotheses that stay open: [rows, beam] and so on.
  float* next_log_probs;
  int64_t* next_parents;
  int64_t* next_last;
  int64_t* next_tokens;
  float* next_coverage;
  int64_t* next_length;
  bool* verdicts;             // [3, rows]: has ended, if nothing finishes now; false; the numbers are unusable
};

class Searcher {
 public:
  // Whether a hypothesis finishes in any row, so that the finished ones have to be ranked anew.
  bool run(const SearchTask& task) {
    bool finishing = false;
    for (int row = 0; row < task.rows; ++row) finishing |= advance(task, row);
    return finishing;
  }

 private:
  struct Candidate {
    float value;
    int32_t parent;
    int64_t token;

    bool operator<(const Candidate& other) const {
      if (value != other.value) return value > other.value;
      return parent != other.parent ? parent < other.parent : token < other.token;
    }
  };

  bool advance(const SearchTask& task, int row) {
    const int64_t* options = task.options + size_t(row) * task.option_columns;
    const int beam = int(options[0]);
    const int64_t length = task.length[row];
    collect(task, row, beam, length >= options[3], length < options[2]);
    const size_t keep = std::min(found_.size(), size_t(2) * beam);
    std::partial_sort(found_.begin(), found_.begin() + keep, found_.end());
    found_.resize(keep);
    report(task, row);
    bool finishing = false;
    for (size_t i = 0; i < keep && i < size_t(beam); ++i) finishing |= found_[i].token == kEnd;
    go_on(task, row, beam, length);
    task.next_length[row] = length + 1;
    const bool ended = has_ended(task, row);
    task.verdicts[row] = ended;
    task.verdicts[task.rows + row] = false;
    task.verdicts[2 * task.rows + row] = unusable_ || (ended && !finishing && task.finished[row] == 0);
    return finishing;
  }

  // Everything that may follow, for each open hypothesis at most its own best 2 * beam words and EOS.
  void collect(const SearchTask& task, int row, int beam, bool must_end, bool may_not_end) {
    found_.clear();
    unusable_ = false;
    for (int j = 0; j < beam; ++j) {
      const size_t flat = size_t(row) * task.beam + j;
      const float so_far = task.log_probs[flat];
      if (!(so_far > -INFINITY)) continue;
      if (std::isnan(task.ending[flat]) || task.ending[flat] == INFINITY) unusable_ = true;
      const float ending = so_far + task.ending[flat];
      if (!may_not_end && ending > -INFINITY) found_.push_back({ending, j, kEnd});
      for (int i = 0; !must_end && i < task.k; ++i) {
        const float value = so_far + task.values[flat * task.k + i];
        if (!(value > -INFINITY)) break;
        found_.push_back({value, j, task.best[flat * task.k + i]});
      }
    }
  }

  void report(const SearchTask& task, int row) const {
    const size_t width = size_t(2) * task.beam, begin = row * width;
    for (size_t i = 0; i < width; ++i) {
      const Candidate none{-INFINITY, 0, 0};
      const Candidate& candidate = i < found_.size() ? found_[i] : none;
      task.candidate_values[begin + i] = candidate.value;
      task.candidate_parents[begin + i] = candidate.parent;
      task.candidate_tokens[begin + i] = candidate.token;
    }
  }

  // The first `beam` candidates that are not EOS continue; other places are closed.
  void go_on(const SearchTask& task, int row, int beam, int64_t length) const {
    int place = 0;
    for (size_t i = 0; i < found_.size() && place < beam; ++i)
      if (found_[i].token != kEnd) put(task, row, place++, found_[i], length);
    for (; place < task.beam; ++place) put(task, row, place, {-INFINITY, 0, 0}, length);
  }

  void put(const SearchTask& task, int row, int place, const Candidate& candidate, int64_t length) const {
    const size_t to = size_t(row) * task.beam + place, from = size_t(row) * task.beam + candidate.parent;
    task.next_log_probs[to] = candidate.value;
    task.next_parents[to] = candidate.parent;
    task.next_last[to] = candidate.token;
    std::copy_n(task.tokens + from * task.capacity, task.capacity, task.next_tokens + to * task.capacity);
    task.next_tokens[to * task.capacity + length] = candidate.token;
    for (int i = 0; i < task.source; ++i)
      task.next_coverage[to * task.source + i] =
          task.coverage[from * task.source + i] + task.attention[from * task.source + i];
  }

  bool has_ended(const SearchTask& task, int row) const {
    const int64_t* options = task.options + size_t(row) * task.option_columns;
    float open = -INFINITY;
    for (int j = 0; j < task.beam; ++j) open = std::max(open, task.next_log_probs[size_t(row) * task.beam + j]);
    if (open == -INFINITY || task.finished[row] >= options[0]) return true;
    const double bound = double(open) / task.longest_norm[size_t(row) * task.norm_stride];
    return options[4] && bound <= task.scores[size_t(row) * task.n_best + options[1] - 1];
  }

  bool unusable_ = false;
  std::vector<Candidate> found_;
};

}  // namespace dragoman
