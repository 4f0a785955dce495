// What Python calls, by ctypes; see model/inference/library.py for the other side of these structures.
//
// Nothing here allocates what it returns or keeps a pointer after returning. Scratch belongs to the thread.
#include <functional>

#include "encode.hpp"
#include "search.hpp"
#include "step.hpp"

extern "C" {

// Changes whenever a structure or the layout of packed weights does.
int dragoman_version() { return 2; }

// Whether this processor can run the rest.
int dragoman_supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

void dragoman_encode(const dragoman::Network* network, const dragoman::EncodeTask* task) {
  thread_local dragoman::Encoder encoder;
  encoder.run(*network, *task);
}

void dragoman_step(const dragoman::Network* network, const dragoman::StepTask* task) {
  thread_local dragoman::Stepper stepper;
  stepper.run(*network, *task);
}

int dragoman_search(const dragoman::SearchTask* task) {
  thread_local dragoman::Searcher searcher;
  return searcher.run(*task);
}

}
