// One decoding step of every open hypothesis.
#pragma once

#include "network.hpp"
#include "vocabulary.hpp"

namespace dragoman {

// The part of the softmax layer that a sentence uses: its vocabulary shortlist.
struct Shortlist {
  Matrix softmax;
  Columns columns;
};

struct StepTask {
  int32_t rows, beam;
  const int64_t* tokens;      // [rows, beam]
  const float* open;          // [rows, beam]: log-probabilities; what has -inf is left alone. null: all open
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
  // What is wanted of the softmax: the best `k` words of each hypothesis and EOS ...
  int32_t k;
  float* values;              // [rows, beam, k]: log-probabilities, -inf where there are fewer
  int64_t* best;              // [rows, beam, k]: tokens
  float* ending;              // [rows, beam]: log-probability of EOS; NaN where the numbers cannot be used
  // ... or everything, where this is not null: log-probabilities [rows, beam, vocabulary].
  float* log_probs;
};

class Stepper {
 public:
  void run(const Network& net, const StepTask& task) {
    const int hidden = net.hidden;
    stride_ = size_t(1 + net.decoder_layers) * 2 * hidden;
    gather(task);
    const int n = int(flat_.size());
    x_.resize(size_t(n) * hidden);
    scratch_.resize(std::max(hidden, net.embedding));
    first_layer(net, task, n);
    look_at_source(net, task, n);
    for (int layer = 0; layer < net.decoder_layers; ++layer) upper_layer(net.decoder[layer], net, task, n, layer + 1);
    read_out(net, n);
    if (task.log_probs) everything(net, task, n);
    else rank(net, task, n);
  }

 private:
  void gather(const StepTask& task) {
    flat_.clear();
    begins_.assign(1, 0);
    for (int row = 0; row < task.rows; ++row) {
      for (int flat = row * task.beam; flat < (row + 1) * task.beam; ++flat) {
        if (!task.open || task.open[flat] > -INFINITY) flat_.push_back(flat);
        else std::fill_n(task.after + flat * stride_, stride_, 0.0f);
      }
      begins_.push_back(int(flat_.size()));
    }
  }

  const float* before(const StepTask& task, int flat, int layer, int hidden) const {
    const int row = flat / task.beam, parent = int(task.parents[flat]);
    return task.before + (size_t(row) * task.old_beam + parent) * stride_ + size_t(layer) * 2 * hidden;
  }

  float* after(const StepTask& task, int flat, int layer, int hidden) const {
    return task.after + size_t(flat) * stride_ + size_t(layer) * 2 * hidden;
  }

  void advance(const Matrix& gates, const Activations* const* inputs, const StepTask& task, int n, int hidden,
               int layer, const uint16_t* table) {
    cells_.assign(n, Cell{});
    for (int i = 0; i < n; ++i) {
      float* to = after(task, flat_[i], layer, hidden);
      if (table) cells_[i].half = table + size_t(task.tokens[flat_[i]]) * 4 * hidden;
      cells_[i].cell_in = before(task, flat_[i], layer, hidden) + hidden;
      cells_[i].hidden_out = to;
      cells_[i].cell_out = to + hidden;
    }
    lstm(gates, inputs, cells_);
  }

  void first_layer(const Network& net, const StepTask& task, int n) {
    const int hidden = net.hidden;
    hidden_.resize(n, hidden);
    for (int i = 0; i < n; ++i) hidden_.set(i, before(task, flat_[i], 0, hidden));
    const Activations* inputs[] = {&hidden_};
    advance(net.first, inputs, task, n, hidden, 0, net.target_table);
    for (int i = 0; i < n; ++i) std::copy_n(after(task, flat_[i], 0, hidden), hidden, &x_[size_t(i) * hidden]);
  }

  void look_at_source(const Network& net, const StepTask& task, int n) {
    const int hidden = net.hidden;
    queries_.resize(size_t(n) * hidden);
    if (net.query.panels) {
      hidden_.resize(n, hidden);
      for (int i = 0; i < n; ++i) hidden_.set(i, &x_[size_t(i) * hidden]);
      const Activations* inputs[] = {&hidden_};
      linear(net.query, inputs, n, hidden, [&](int i) { return &queries_[size_t(i) * hidden]; });
    } else {
      for (size_t i = 0; i < queries_.size(); ++i) queries_[i] = x_[i] * net.query_scale;
    }
    scores_.resize(size_t(task.source) + kLanes);
    context_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      const int row = flat_[i] / task.beam, length = task.lengths[row];
      const float* keys = task.memory[row];
      attend(&queries_[size_t(i) * hidden], keys, keys + size_t(length) * hidden, length, hidden, net.heads,
             scores_.data(), task.attention + size_t(flat_[i]) * task.source, scratch_.data());
      context_.set(i, scratch_.data());
    }
  }

  void upper_layer(const DecoderLayer& layer, const Network& net, const StepTask& task, int n, int index) {
    const int hidden = net.hidden;
    input_.resize(n, hidden);
    hidden_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      normalise(layer.norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
      hidden_.set(i, before(task, flat_[i], index, hidden));
    }
    const Activations* inputs[] = {&input_, &context_, &hidden_};
    advance(layer.gates, inputs, task, n, hidden, index, nullptr);
    for (int i = 0; i < n; ++i) {
      const float* added = after(task, flat_[i], index, hidden);
      for (int j = 0; j < hidden; ++j) x_[size_t(i) * hidden + j] += added[j];
    }
  }

  void read_out(const Network& net, int n) {
    const int hidden = net.hidden, embedding = net.embedding;
    input_.resize(n, hidden);
    for (int i = 0; i < n; ++i) {
      normalise(net.readout_norm, &x_[size_t(i) * hidden], hidden, scratch_.data());
      input_.set(i, scratch_.data());
    }
    const Activations* inputs[] = {&input_, &context_};
    features_.resize(size_t(n) * embedding);
    linear(net.readout, inputs, n, embedding, [&](int i) { return &features_[size_t(i) * embedding]; });
    hidden_.resize(n, embedding);
    for (int i = 0; i < n; ++i) {
      tanh_in_place(&features_[size_t(i) * embedding], embedding);
      hidden_.set(i, &features_[size_t(i) * embedding]);
    }
  }

  // The best words of every hypothesis; those of sentences without a shortlist together.
  void rank(const Network& net, const StepTask& task, int n) {
    if (seen_.size() < size_t(n)) seen_.resize(n);
    for (int i = 0; i < n; ++i) seen_[i].clear(task.k);
    const auto pass = [&](const Matrix& w, const Columns& columns, int first, int end) {
      const Activations* inputs[] = {&hidden_};
      product(w, inputs, first, end,
              [&](int i, int panel, const Panel& logits) { look(seen_[i], columns, panel, logits); });
    };
    for (int row = 0; row < task.rows;) {
      const Shortlist* own = task.shortlists ? task.shortlists[row] : nullptr;
      int end = row + 1;
      while (!own && end < task.rows && !(task.shortlists && task.shortlists[end])) ++end;
      pass(own ? own->softmax : net.softmax, own ? own->columns : task.columns, begins_[row], begins_[end]);
      row = end;
    }
    for (int i = 0; i < task.rows * task.beam; ++i) task.ending[i] = -INFINITY;
    std::fill_n(task.values, size_t(task.rows) * task.beam * task.k, -INFINITY);
    std::fill_n(task.best, size_t(task.rows) * task.beam * task.k, 0);
    for (int i = 0; i < n; ++i) {
      const Outlook& seen = seen_[i];
      const float normaliser = seen.normaliser();
      const size_t to = size_t(flat_[i]) * task.k;
      for (int j = 0; j < seen.best.size(); ++j) {
        task.values[to + j] = seen.best.value(j) - normaliser;
        task.best[to + j] = seen.best.token(j);
      }
      task.ending[flat_[i]] = std::isfinite(normaliser) ? seen.ending - normaliser : NAN;
    }
  }

  // All log-probabilities; a token outside of a sentence's shortlist has -inf.
  void everything(const Network& net, const StepTask& task, int n) {
    if (seen_.size() < size_t(n)) seen_.resize(n);
    for (int row = 0; row < task.rows; ++row) {
      const Shortlist* own = task.shortlists ? task.shortlists[row] : nullptr;
      const Columns& columns = own ? own->columns : task.columns;
      const Activations* inputs[] = {&hidden_};
      const auto out = [&](int i) { return task.log_probs + size_t(flat_[i]) * net.vocabulary; };
      for (int i = begins_[row]; i < begins_[row + 1]; ++i) {
        seen_[i].clear(1);
        std::fill_n(out(i), net.vocabulary, -INFINITY);
      }
      product(own ? own->softmax : net.softmax, inputs, begins_[row], begins_[row + 1],
              [&](int i, int panel, const Panel& logits) {
                look(seen_[i], columns, panel, logits);
                float values[kPanel];
                for (int v = 0; v < kVectors; ++v) _mm512_storeu_ps(values + v * kLanes, logits.part[v]);
                for (int c = 0; c < kPanel && panel * kPanel + c < columns.count; ++c)
                  out(i)[columns.token(panel * kPanel + c)] = values[c];
              });
      for (int i = begins_[row]; i < begins_[row + 1]; ++i) {
        const float normaliser = seen_[i].normaliser();
        for (int token = 0; token < net.vocabulary; ++token) out(i)[token] -= normaliser;
      }
    }
  }

  size_t stride_ = 0;
  std::vector<int> flat_, begins_;
  std::vector<float> x_, scratch_, queries_, scores_, features_;
  std::vector<Cell> cells_;
  std::vector<Outlook> seen_;
  Activations hidden_, input_, context_;
};

}  // namespace dragoman
