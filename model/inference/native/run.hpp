// Steps of many rows together: one pass of the network over all their hypotheses, then each row's own search.
#pragma once

#include <algorithm>

#include "crew.hpp"
#include "row.hpp"

namespace dragoman {

struct RunTask {
  int32_t rows;
  Row* const* row;
  int32_t most;      // steps; it ends earlier after one by which a row ends
  int32_t threads;   // to share the rows among
  Columns columns;   // of the whole vocabulary
  uint8_t* verdicts; // [rows], of the enum below
};

enum Verdict : uint8_t { kGoesOn, kHasEnded, kIsUnusable, kIsFull };

constexpr int kLeastHypotheses = 12;  // two tiles: with fewer, a thread would mostly read weights

class Run {
 public:
  // Steps taken. Rows whose numbers are unusable are marked, and the step in which they are is not taken by any.
  static int advance(const Network& net, const RunTask& task) {
    std::fill_n(task.verdicts, task.rows, kGoesOn);
    for (int step = 0; step < task.most;) {
      if (!rank(net, task)) return step;
      ++step;
      bool goes_on = true;
      for (int i = 0; i < task.rows; ++i) {
        Row& row = *task.row[i];
        row.commit();
        task.verdicts[i] = row.has_ended() ? kHasEnded : row.is_full() ? kIsFull : kGoesOn;
        goes_on &= task.verdicts[i] == kGoesOn;
      }
      if (!goes_on) return step;
    }
    return task.most;
  }

 private:
  static bool rank(const Network& net, const RunTask& task) {
    const std::vector<int> bounds = divide(task);
    Crew::share(int(bounds.size()) - 1, [&](int part) { rank(net, task, bounds[part], bounds[part + 1]); });
    return std::find(task.verdicts, task.verdicts + task.rows, kIsUnusable) == task.verdicts + task.rows;
  }

  static void rank(const Network& net, const RunTask& task, int first, int end) {
    thread_local Stepper stepper;
    thread_local std::vector<Open> open;
    open.clear();
    for (int i = first; i < end; ++i) task.row[i]->open(open);
    stepper.rank(net, task.columns, open);
    size_t next = 0;
    for (int i = first; i < end; ++i)
      if (!task.row[i]->rank(stepper, next)) task.verdicts[i] = kIsUnusable;
  }

  // Where each thread's rows begin, and the end of the last one's: about as many hypotheses for each.
  static std::vector<int> divide(const RunTask& task) {
    int all = 0;
    for (int i = 0; i < task.rows; ++i) all += task.row[i]->options().beam;
    const int parts = std::clamp(std::min(task.threads, all / kLeastHypotheses), 1, task.rows);
    std::vector<int> bounds{0};
    for (int i = 0, seen = 0; i + 1 < task.rows; ++i) {
      seen += task.row[i]->options().beam;
      if (int(bounds.size()) < parts && seen * parts >= all * int(bounds.size())) bounds.push_back(i + 1);
    }
    bounds.push_back(task.rows);
    return bounds;
  }
};

}  // namespace dragoman
