// The first difference between two sets of tensors: where, how far, and that bits count.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

extern "C" {
#include "engine/shared/tensor_difference.h"
}

namespace {

template <typename T> TensorSet set_of(std::vector<T> &data, DType dtype, const char *name = "t") {
  TensorSet set{};
  int64_t shape[] = {(int64_t)data.size()};
  tensor_set_add(&set, name, dtype, 1, shape, data.data());
  return set;
}

template <typename T> TensorDifference compare(DType dtype, std::vector<T> a, std::vector<T> b) {
  TensorSet x = set_of(a, dtype), y = set_of(b, dtype);
  TensorDifference difference;
  tensor_difference(&difference, &x, &y);
  tensor_set_free(&x);
  tensor_set_free(&y);
  return difference;
}

TEST(TensorDifference, SameBitsInAnyOrderOfItems) {
  std::vector<float> f = {1, NAN, -0.0f};
  std::vector<double> d = {2};
  int64_t three[] = {3}, one[] = {1};
  TensorSet a{}, b{};
  tensor_set_add(&a, "f", DTYPE_F32, 1, three, f.data());
  tensor_set_add(&a, "d", DTYPE_F64, 1, one, d.data());
  tensor_set_add(&b, "d", DTYPE_F64, 1, one, d.data());
  tensor_set_add(&b, "f", DTYPE_F32, 1, three, f.data());
  TensorDifference difference;
  tensor_difference(&difference, &a, &b);
  EXPECT_EQ(difference.kind, DIFFERENCE_NONE);
  EXPECT_STREQ(difference.name, "");
  tensor_set_free(&a);
  tensor_set_free(&b);
}

TEST(TensorDifference, FirstElementThatDiffers) {
  float next = std::nextafterf(0.1f, 1);
  TensorDifference difference = compare<float>(DTYPE_F32, {0, 0.1f, 2, 3}, {0, next, 2, 4});
  EXPECT_EQ(difference.kind, DIFFERENCE_VALUE);
  EXPECT_STREQ(difference.name, "t");
  EXPECT_EQ(difference.element, 1);
  EXPECT_EQ(difference.differing, 2);
  EXPECT_EQ(strtof(difference.a, nullptr), 0.1f);
  EXPECT_EQ(strtof(difference.b, nullptr), next);
  EXPECT_TRUE(difference.has_ulps);
  EXPECT_EQ(difference.ulps, 1u);
}

TEST(TensorDifference, UlpsCountRepresentableNumbers) {
  auto f32 = [](float a, float b) { return compare<float>(DTYPE_F32, {a}, {b}).ulps; };
  auto f64 = [](double a, double b) { return compare<double>(DTYPE_F64, {a}, {b}).ulps; };
  EXPECT_EQ(f32(1, 2), 1u << 23);
  EXPECT_EQ(f32(2, 1), 1u << 23);
  EXPECT_EQ(f32(0.0f, 1e-45f), 1u);
  EXPECT_EQ(f32(-0.0f, 0.0f), 1u); // other bits
  EXPECT_EQ(f32(-1e-45f, 1e-45f), 3u);
  EXPECT_EQ(f32(-2, -1), 1u << 23);
  EXPECT_EQ(f32(1, NAN), UINT64_MAX);
  EXPECT_EQ(f64(1, 2), (uint64_t)1 << 52);
  EXPECT_EQ(f64(-1, std::nextafter(-1.0, 0)), 1u);
  EXPECT_EQ(f64(-INFINITY, INFINITY), 2 * 0x7ff0000000000000u + 1);
}

TEST(TensorDifference, TwoNaNsOfOtherBitsDiffer) {
  TensorDifference difference =
      compare<uint32_t>(DTYPE_F32, {0x7fc00000u}, {0x7fc00001u}); // the same NaN for printf
  EXPECT_EQ(difference.kind, DIFFERENCE_VALUE);
  EXPECT_EQ(difference.ulps, UINT64_MAX);
  EXPECT_STREQ(difference.a, "nan (0x7fc00000)");
  EXPECT_STREQ(difference.b, "nan (0x7fc00001)");
}

TEST(TensorDifference, IntegersHaveNoUlps) {
  TensorDifference difference = compare<int64_t>(DTYPE_I64, {1, INT64_MIN}, {1, INT64_MAX});
  EXPECT_EQ(difference.kind, DIFFERENCE_VALUE);
  EXPECT_FALSE(difference.has_ulps);
  EXPECT_STREQ(difference.a, "-9223372036854775808");
  EXPECT_STREQ(difference.b, "9223372036854775807");
  EXPECT_STREQ(compare<uint64_t>(DTYPE_U64, {UINT64_MAX}, {0}).a, "18446744073709551615");
  EXPECT_STREQ(compare<uint8_t>(DTYPE_U8, {255}, {0}).a, "255");
  EXPECT_STREQ(compare<int32_t>(DTYPE_I32, {-7}, {0}).a, "-7");
}

TEST(TensorDifference, NamesTypesAndShapes) {
  std::vector<float> data = {1, 2, 3, 4};
  int64_t four[] = {4}, two_by_two[] = {2, 2}, three[] = {3};
  auto difference_of = [&](const char *a_name, DType a_type, int a_rank, int64_t *a_shape, const char *b_name,
                           DType b_type, int b_rank, int64_t *b_shape) {
    TensorSet a{}, b{};
    tensor_set_add(&a, "common", DTYPE_F32, 1, four, data.data());
    tensor_set_add(&b, "common", DTYPE_F32, 1, four, data.data());
    tensor_set_add(&a, a_name, a_type, a_rank, a_shape, data.data());
    tensor_set_add(&b, b_name, b_type, b_rank, b_shape, data.data());
    TensorDifference difference;
    tensor_difference(&difference, &a, &b);
    tensor_set_free(&a);
    tensor_set_free(&b);
    return difference;
  };
  TensorDifference d = difference_of("x", DTYPE_F32, 1, four, "y", DTYPE_F32, 1, four);
  EXPECT_EQ(d.kind, DIFFERENCE_ONLY_A);
  EXPECT_STREQ(d.name, "x");
  d = difference_of("y", DTYPE_F32, 1, four, "x", DTYPE_F32, 1, four);
  EXPECT_EQ(d.kind, DIFFERENCE_ONLY_B);
  EXPECT_STREQ(d.name, "x");
  EXPECT_EQ(difference_of("x", DTYPE_F32, 1, four, "x", DTYPE_I32, 1, four).kind, DIFFERENCE_TYPE);
  EXPECT_EQ(difference_of("x", DTYPE_F32, 1, four, "x", DTYPE_F32, 2, two_by_two).kind, DIFFERENCE_SHAPE);
  EXPECT_EQ(difference_of("x", DTYPE_F32, 1, four, "x", DTYPE_F32, 1, three).kind, DIFFERENCE_SHAPE);
  EXPECT_EQ(difference_of("x", DTYPE_F32, 1, four, "x", DTYPE_F32, 1, four).kind, DIFFERENCE_NONE);
}

} // namespace
