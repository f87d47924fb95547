// Batches, input vectors and the gradients of embeddings on a GPU: the bits of the CPU's operators, for every
// shape and order of threads.
#include "tests/cuda/device_case.h"

using GatherScatterCuda = DeviceCase;

namespace {

// An input vector of runs of numbers, rows of tables, and elements that belong to neither.
struct Inputs {
  struct Part {
    bool table;
    int64_t width;
  };
  int64_t rows, table_rows = 5, value_count = 0, category_count = 0, width = 0;
  std::vector<Part> parts;
  Values values, tables; // one table after the other
  std::vector<int32_t> ids;
  std::vector<int64_t> rows_of;

  Inputs(std::mt19937_64 &random, int64_t rows_, const std::vector<Part> &parts_)
      : rows(rows_), parts(parts_) {
    int64_t table_values = 0;
    for (const Part &part : parts) {
      if (part.table)
        category_count++, table_values += table_rows * part.width;
      else
        value_count += part.width;
      width += part.width + 1; // one element between the parts is nobody's
    }
    values = values_of(random, 2 * rows * value_count, true);
    tables = values_of(random, table_values, true);
    for (int64_t i = 0; i < 2 * rows * category_count; i++)
      ids.push_back((int32_t)(random() % (uint64_t)table_rows));
    for (int64_t i = 0; i < rows; i++) rows_of.push_back((int64_t)(random() % (uint64_t)(2 * rows)));
  }

  // Segments over tables at `table`, sums at `q`, flags at `flags`.
  std::vector<GatherSegment> segments(const float *table, int64_t *q, int32_t *flags) const {
    std::vector<GatherSegment> all;
    int64_t value = 0, category = 0, offset = 0, at = 0;
    for (const Part &part : parts) {
      GatherSegment segment = {nullptr, nullptr, nullptr, value, offset, part.width};
      if (part.table) {
        segment = {table + at,
                   q == nullptr ? nullptr : q + at,
                   flags == nullptr ? nullptr : flags + category,
                   category,
                   offset,
                   part.width};
        category++, at += table_rows * part.width;
      } else {
        value += part.width;
      }
      offset += part.width + 1;
      all.push_back(segment);
    }
    return all;
  }
};

const std::vector<std::vector<Inputs::Part>> kParts = {{{false, 1}},
                                                       {{false, 3}},
                                                       {{true, 2}},
                                                       {{false, 2}, {true, 3}, {false, 3}, {true, 4}},
                                                       {{false, 31}, {true, 8}},
                                                       {{true, 16}, {true, 16}, {false, 33}},
                                                       {{false, 130}, {true, 65}}};

} // namespace

TEST_F(GatherScatterCuda, InputsForward) {
  std::mt19937_64 random(71);
  for (const auto &parts : kParts) {
    for (int64_t rows : {1, 2, 31, 33, 300, 700}) {
      Inputs in(random, rows, parts);
      SCOPED_TRACE(testing::Message() << "inputs_forward, " << rows << " rows, width " << in.width);
      for (bool indirect : {false, true}) {
        Values x((size_t)(rows * in.width), -5);
        std::vector<GatherSegment> segments = in.segments(in.tables.data(), nullptr, nullptr);
        InputsForward arguments = {x.data(),
                                   in.values.data(),
                                   in.ids.data(),
                                   indirect ? in.rows_of.data() : nullptr,
                                   segments.data(),
                                   (int64_t)parts.size(),
                                   rows,
                                   in.value_count,
                                   in.category_count,
                                   in.width};
        run_portable(&Operators::inputs_forward, arguments, rows);
        for (uint64_t order : thread_orders()) {
          DeviceArray<float> dx(Values((size_t)(rows * in.width), -5)), values(in.values), tables(in.tables);
          DeviceArray<int32_t> ids(in.ids);
          DeviceArray<int64_t> rows_of(in.rows_of);
          DeviceArray<GatherSegment> dsegments(in.segments(tables.at(), nullptr, nullptr));
          arguments = {dx.at(),
                       values.at(),
                       ids.at(),
                       indirect ? rows_of.at() : nullptr,
                       dsegments.at(),
                       (int64_t)parts.size(),
                       rows,
                       in.value_count,
                       in.category_count,
                       in.width};
          run(inputs_forward_cuda, arguments, KERNEL_inputs_forward, order);
          ASSERT_TRUE(same_bits(x, dx.values()));
        }
      }
    }
  }
}

TEST_F(GatherScatterCuda, EmbeddingBackward) {
  std::mt19937_64 random(72);
  for (const auto &parts : kParts) {
    for (int64_t rows : {1, 2, 31, 33, 300, 700}) {
      Inputs in(random, rows, parts);
      SCOPED_TRACE(testing::Message() << "embedding_backward, " << rows << " rows, width " << in.width);
      for (bool wild : {false, true}) {
        Values dx = values_of(random, rows * in.width, wild && rows < 100);
        const bool indirect = rows % 2 == 1;
        std::vector<int64_t> start(in.tables.size() + 1, 3), q = start;
        std::vector<int32_t> flags((size_t)in.category_count + 1, 0);
        std::vector<GatherSegment> segments = in.segments(in.tables.data(), q.data(), flags.data());
        EmbeddingBackward arguments = {dx.data(),
                                       in.ids.data(),
                                       indirect ? in.rows_of.data() : nullptr,
                                       segments.data(),
                                       (int64_t)parts.size(),
                                       rows,
                                       in.category_count,
                                       in.width,
                                       {0x1p40, 0x1p12f}};
        run_portable(&Operators::embedding_backward, arguments, embedding_backward_tasks(&arguments));
        for (uint64_t order : thread_orders()) {
          DeviceArray<float> ddx(dx), tables(in.tables);
          DeviceArray<int64_t> dq(start), rows_of(in.rows_of);
          DeviceArray<int32_t> ids(in.ids), dflags(std::vector<int32_t>(flags.size(), 0));
          DeviceArray<GatherSegment> dsegments(in.segments(tables.at(), dq.at(), dflags.at()));
          arguments = {ddx.at(),
                       ids.at(),
                       indirect ? rows_of.at() : nullptr,
                       dsegments.at(),
                       (int64_t)parts.size(),
                       rows,
                       in.category_count,
                       in.width,
                       {0x1p40, 0x1p12f}};
          run(embedding_backward_cuda, arguments, KERNEL_embedding_backward, order);
          ASSERT_EQ(flags, dflags.values());
          std::vector<int64_t> found = dq.values();
          for (const GatherSegment &segment :
               segments) { // where an addend does not fit, sums are as they may be
            if (segment.table == nullptr || *segment.flag != 0) continue;
            const auto first = segment.q - q.data(), last = first + in.table_rows * segment.width;
            ASSERT_TRUE(std::equal(q.begin() + first, q.begin() + last, found.begin() + first));
          }
        }
      }
    }
  }
}

TEST_F(GatherScatterCuda, BatchRows) {
  struct Order {
    int64_t block_rows, window;
  };
  std::mt19937_64 random(73);
  for (int64_t N : {1, 2, 3, 5, 33, 64, 257, 1000, 9001}) {
    for (Order o : {Order{0, 0}, {1, 1}, {1, 3}, {4, 2}, {7, 5}, {64, 1}, {256, 4}, {256, 256}}) {
      SCOPED_TRACE(testing::Message() << "batch_rows, " << N << " rows, blocks of " << o.block_rows);
      const uint64_t seed = random();
      const int64_t first = N == 1 ? 0 : (int64_t)(random() % (uint64_t)(N / 2)), count = N - first;
      std::vector<int64_t> expected((size_t)N);
      ref_epoch_order(expected.data(), seed, 6, N, o.block_rows, o.window);
      expected.erase(expected.begin(), expected.begin() + first);
      std::vector<StepWindow> window(1);
      window[0].current = 63;
      window[0].scalars[63].first = first;
      window[0].scalars[63].epoch = 6;
      for (uint64_t order : thread_orders()) {
        DeviceArray<int64_t> rows_of(std::vector<int64_t>((size_t)count, -1));
        DeviceArray<StepWindow> dwindow(window);
        BatchRows arguments = {rows_of.at(), dwindow.at(), count, {N, o.block_rows, o.window, seed}};
        run(batch_rows_cuda, arguments, KERNEL_batch_rows, order);
        ASSERT_EQ(expected, rows_of.values());
      }
    }
  }
}
