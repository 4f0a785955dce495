// One step of hypotheses that lie in one array, with all log-probabilities: for searches that need them.
#pragma once

#include "step.hpp"

namespace dragoman {

struct ScoreTask {
  int32_t rows, beam;
  const int64_t* tokens;      // [rows, beam]
  const float* before;        // states [rows, old_beam, layers, 2, hidden]
  const int64_t* parents;     // [rows, beam] into old_beam
  int32_t old_beam;
  float* after;               // states [rows, beam, layers, 2, hidden]
  const int32_t* lengths;     // [rows]
  const float* const* memory; // each [2, length, hidden]
  const Shortlist* const* shortlists;  // [rows], each may be null; null: none
  Columns columns;            // of the whole vocabulary
  float* attention;           // [rows, beam, source], zeroed
  int32_t source;
  float* log_probs;           // [rows, beam, vocabulary]
};

class Scorer {
 public:
  void run(const Network& net, const ScoreTask& task) {
    const size_t stride = size_t(1 + net.decoder_layers) * 2 * net.hidden;
    open_.clear();
    for (int flat = 0; flat < task.rows * task.beam; ++flat) {
      const int row = flat / task.beam;
      const float* before = task.before + (size_t(row) * task.old_beam + task.parents[flat]) * stride;
      open_.push_back({task.tokens[flat], before, task.after + flat * stride, task.memory[row], task.lengths[row],
                       task.shortlists ? task.shortlists[row] : nullptr,
                       task.attention + size_t(flat) * task.source, {}});
    }
    stepper_.score(net, task.columns, open_, task.log_probs);
  }

 private:
  Stepper stepper_;
  std::vector<Open> open_;
};

}  // namespace dragoman
