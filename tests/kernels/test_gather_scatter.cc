// The input vector and the gradients of embeddings against plain loops, bit for bit.
#include "random_values.h"

namespace {

// Two tables and two runs of numbers, in turn.
struct Inputs {
  int64_t rows, table_rows = 6;
  Values values, tables[2];
  std::vector<int32_t> ids;
  std::vector<int64_t> rows_of;
  std::vector<GatherSegment> segments;
  int64_t width = 0;

  Inputs(std::mt19937_64 &random, int64_t count) : rows(count) {
    const int64_t all = 2 * rows;
    values = values_of(random, all * 5, true);
    for (int64_t i = 0; i < all * 2; i++) ids.push_back((int32_t)(random() % (uint64_t)table_rows));
    for (int64_t i = 0; i < rows; i++) rows_of.push_back((int64_t)(random() % (uint64_t)all));
    add(nullptr, 0, 2);
    for (int k = 0; k < 2; k++) {
      tables[k] = values_of(random, table_rows * (3 + k), true);
      add(tables[k].data(), k, 3 + k);
    }
    add(nullptr, 2, 3);
  }
  void add(const float *table, int64_t source, int64_t columns) {
    GatherSegment segment = {};
    segment.table = table;
    segment.source = source;
    segment.offset = width;
    segment.width = columns;
    segments.push_back(segment);
    width += columns;
  }
};

} // namespace

TEST(GatherScatter, InputsForward) {
  std::mt19937_64 random(10);
  for (int64_t rows : {1, 2, 17, 300}) {
    Inputs in(random, rows);
    for (bool indirect : {false, true}) {
      Values expected;
      for (int64_t i = 0; i < rows; i++) {
        int64_t row = indirect ? in.rows_of[i] : i;
        for (const GatherSegment &s : in.segments) {
          const float *from = s.table == nullptr ? &in.values[row * 5 + s.source]
                                                 : s.table + in.ids[row * 2 + s.source] * s.width;
          expected.insert(expected.end(), from, from + s.width);
        }
      }
      for (const char *isa : instruction_sets()) {
        Values x(expected.size());
        InputsForward inputs = {x.data(),
                                in.values.data(),
                                in.ids.data(),
                                indirect ? in.rows_of.data() : nullptr,
                                in.segments.data(),
                                (int64_t)in.segments.size(),
                                rows,
                                5,
                                2,
                                in.width};
        run_in_pieces(random, operators_cpu(isa)->inputs_forward, inputs, inputs_forward_tasks(&inputs));
        ASSERT_TRUE(same_bits(expected, x)) << isa << " rows " << rows;
      }
    }
  }
}

TEST(GatherScatter, EmbeddingBackward) {
  std::mt19937_64 random(11);
  for (int64_t rows : {1, 17, 300}) {
    Inputs in(random, rows);
    Values dx = values_of(random, rows * in.width);
    for (const char *isa : instruction_sets()) {
      std::vector<int64_t> found[2], expected[2];
      int32_t flags[2] = {0, 0};
      int table = 0;
      for (GatherSegment &s : in.segments) {
        if (s.table == nullptr) continue;
        found[table].assign((size_t)(in.table_rows * s.width), 3);
        expected[table].assign((size_t)(in.table_rows * s.width), 3);
        for (int64_t i = 0; i < rows; i++) {
          for (int64_t e = 0; e < s.width; e++) {
            int64_t addend;
            ASSERT_TRUE(ref_addend(&addend, dx[i * in.width + s.offset + e], 40, 1024));
            expected[table][in.ids[in.rows_of[i] * 2 + s.source] * s.width + e] += addend;
          }
        }
        s.q = found[table].data();
        s.flag = &flags[table++];
      }
      EmbeddingBackward backward = {
          dx.data(), in.ids.data(), in.rows_of.data(), in.segments.data(), (int64_t)in.segments.size(), rows,
          2,         in.width,      {0x1p40, 0x1p12f}};
      run_in_pieces(random, operators_cpu(isa)->embedding_backward, backward,
                    embedding_backward_tasks(&backward));
      for (int k = 0; k < 2; k++) ASSERT_EQ(found[k], expected[k]) << isa << " table " << k;
      EXPECT_EQ(flags[0] + flags[1], 0);
    }
  }
}

TEST(GatherScatter, BatchRows) {
  std::mt19937_64 random(15);
  struct Order {
    int64_t block_rows, window;
  };
  for (int64_t N : {1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 257, 1000, 4099}) {
    for (Order o : {Order{0, 0}, {1, 1}, {1, 3}, {4, 2}, {7, 5}, {64, 1}, {256, 4}, {256, 256}}) {
      const uint64_t seed = random();
      const uint32_t epoch = (uint32_t)(random() % 9);
      std::vector<int64_t> expected((size_t)N);
      ref_epoch_order(expected.data(), seed, epoch, N, o.block_rows, o.window);
      for (const char *isa : instruction_sets()) {
        std::vector<int64_t> found;
        StepWindow window = {};
        window.current = 2;
        while ((int64_t)found.size() < N) { // an epoch of random batches
          const int64_t left = N - (int64_t)found.size();
          const int64_t count = std::min(left, 1 + (int64_t)(random() % (uint64_t)N));
          window.scalars[2].first = (int64_t)found.size();
          window.scalars[2].epoch = epoch;
          std::vector<int64_t> batch((size_t)count, -1);
          BatchRows rows = {batch.data(), &window, count, {N, o.block_rows, o.window, seed}};
          run_in_pieces(random, operators_cpu(isa)->batch_rows, rows, batch_rows_tasks(&rows));
          found.insert(found.end(), batch.begin(), batch.end());
        }
        ASSERT_EQ(found, expected) << isa << " N " << N << " blocks of " << o.block_rows << " in pools of "
                                   << o.window;
      }
    }
  }
}
