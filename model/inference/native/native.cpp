// What Python calls, by ctypes; see model/inference/library.py for the other side of these structures.
//
// Nothing here allocates what it returns: rows live in memory that the caller gives, and point to what the caller
// keeps for as long. Scratch belongs to the thread.
#include "encode.hpp"
#include "run.hpp"
#include "score.hpp"

extern "C" {

// Changes whenever a structure or the layout of packed weights does.
int dragoman_version() { return 4; }

// Whether this processor can run the rest.
int dragoman_supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

void dragoman_encode(const dragoman::Network* network, const dragoman::EncodeTask* task) {
  dragoman::encode(*network, *task);
}

void dragoman_score(const dragoman::Network* network, const dragoman::ScoreTask* task) {
  thread_local dragoman::Scorer scorer;
  scorer.run(*network, *task);
}

size_t dragoman_row_bytes(const dragoman::RowOptions* options) { return dragoman::Row::bytes(*options); }

dragoman::Row* dragoman_row_make(const dragoman::RowOptions* options, char* memory) {
  return dragoman::Row::make(*options, memory);
}

dragoman::Row* dragoman_row_move(const dragoman::Row* row, int32_t room, const double* norms, char* memory) {
  return row->move(room, norms, memory);
}

int dragoman_row_steps(const dragoman::Row* row) { return row->length(); }

// How many results there are; the one at `place`, best first, is described in `found`.
int dragoman_row_result(const dragoman::Row* row, int place, dragoman::Finished* found) {
  if (place < row->results()) *found = row->result(place);
  return row->results();
}

// A result's tokens [length], coverage [source] and, where it is not null, attention [length + 1, source].
void dragoman_row_read(const dragoman::Row* row, int place, int32_t* tokens, float* coverage, float* attention) {
  std::copy_n(row->result_coverage(place), row->options().length, coverage);
  row->walk(row->result(place), tokens, attention);
}

int dragoman_run(const dragoman::Network* network, const dragoman::RunTask* task) {
  return dragoman::Run::advance(*network, *task);
}

}
