// What Python calls, by ctypes; see model/fused/library.py for the other side of these structures.
//
// Nothing here allocates what it returns or keeps a pointer after returning.
#include "adamw.hpp"
#include "consistency.hpp"
#include "gradients.hpp"
#include "lstm.hpp"
#include "packing.hpp"
#include "softmax.hpp"

extern "C" {

// Changes whenever a structure or the layout of packed weights does.
int dragoman_fused_version() { return 4; }

// Whether this processor can run the rest.
int dragoman_fused_supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16");
}

void dragoman_pack_gates(const float* weights, int hidden, int depth, uint16_t* packed) {
  dragoman::pack_gates(weights, hidden, depth, packed);
}

void dragoman_pack_columns(const float* weights, int columns, int depth, uint16_t* packed) {
  dragoman::pack_columns(weights, columns, depth, packed);
}

// `weights` [rows, columns], the rows as depth; zeros from `rows` to `depth`.
void dragoman_pack_rows(const float* weights, int rows, int depth, int columns, uint16_t* packed) {
  const auto row = [=](int k) { return k < rows ? weights + size_t(k) * columns : nullptr; };
  dragoman::pack_rows<float>(row, depth, columns, packed);
}

void dragoman_lstm_forward(const dragoman::LstmForward* task) { dragoman::lstm_forward(*task); }

void dragoman_lstm_backward(const dragoman::LstmBackward* task) { dragoman::lstm_backward(*task); }

void dragoman_lstm_gradients(const dragoman::LstmGradients* task) { dragoman::lstm_gradients(*task); }

void dragoman_softmax(const dragoman::Softmax* task) { dragoman::softmax(*task); }

void dragoman_adamw(const dragoman::AdamW* task) { dragoman::adamw(*task); }

double dragoman_square_sum(const float* x, int64_t count) { return dragoman::square_sum(x, count); }

void dragoman_consistency(const dragoman::Consistency* task) { dragoman::consistency(*task); }

}
