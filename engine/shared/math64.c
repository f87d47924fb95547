// Binary64 functions of the host without libm.
#include "engine/shared/math64.h"

#include "kernels/shared/scalar64.h"

static const double infinity = __builtin_inf();

static double absolute(double x) {
  return from_bits64(bits64(x) & ~((uint64_t)1 << 63));
}

double math64_sqrt(double x) {
  double root = x;
#ifdef __x86_64__
  __asm__("sqrtsd %1, %0" : "=x"(root) : "x"(x));
#else
  root = __builtin_sqrt(x);
#endif
  return root;
}

double math64_exp(double x) {
  return exp64(x);
}

double math64_log(double x) {
  return log64(x);
}

// Series of cos(pi x) for |x| <= 1/4 and of sin(pi x) there.
static double cos_series(double y) {
  double z = y * y, sum = 1.0;
  for (int k = 18; k >= 2; k -= 2) sum = 1.0 - z / (k * (k - 1)) * sum;
  return sum;
}

static double sin_series(double y) {
  double z = y * y, sum = 1.0;
  for (int k = 19; k >= 3; k -= 2) sum = 1.0 - z / (k * (k - 1)) * sum;
  return y * sum;
}

double math64_cospi(double x) {
  static const double pi = 0x1.921fb54442d18p+1;
  x = absolute(x);
  if (!(x < 0x1p53)) return x < infinity ? 1.0 : __builtin_nan("");
  x -= 2.0 * (double)(int64_t)(x * 0.5); // [0, 2)
  double sign = 1.0;
  if (x > 1.0) x = 2.0 - x;
  if (x > 0.5) {
    x = 1.0 - x;
    sign = -1.0;
  }
  return sign * (x <= 0.25 ? cos_series(pi * x) : sin_series(pi * (0.5 - x)));
}

// Upper tail Q(x) = 1 - Phi(x), x >= 0: series of Phi near 0, Lentz's continued fraction beyond.
static double normal_upper(double x) {
  static const double density_at_zero = 0x1.9884533d43651p-2; // 1/sqrt(2 pi)
  double density = density_at_zero * math64_exp(-0.5 * x * x);
  if (x < 2.5) {
    double term = x, sum = x;
    for (int k = 1; k < 200 && term > sum * 1e-18; k++) {
      term *= x * x / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  double fraction = 0.0; // x + 1/(x + 2/(x + 3/(x + ...)))
  for (int k = 120; k >= 1; k--) fraction = k / (x + fraction);
  return density / (x + fraction);
}

double math64_normal_cdf(double x) {
  return x < 0 ? normal_upper(-x) : 1.0 - normal_upper(x);
}

// The point where an increasing distribution function reaches p: bracket, then bisection to the last bit.
static double invert(double (*cdf)(double, double), double parameter, double p) {
  double low = -1.0, high = 1.0;
  while (cdf(low, parameter) > p && low > -1e300) low *= 2.0;
  while (cdf(high, parameter) < p && high < 1e300) high *= 2.0;
  for (int i = 0; i < 200; i++) {
    double middle = low + (high - low) * 0.5;
    if (middle == low || middle == high) break;
    if (cdf(middle, parameter) < p)
      low = middle;
    else
      high = middle;
  }
  return low + (high - low) * 0.5;
}

static double normal_cdf_of(double x, double unused) {
  (void)unused;
  return math64_normal_cdf(x);
}

// Quantiles come from the lower half, where the distribution function keeps its relative accuracy.
double math64_normal_quantile(double p) {
  return p > 0.5 ? -invert(normal_cdf_of, 0.0, 1.0 - p) : invert(normal_cdf_of, 0.0, p);
}

// log Gamma(x), x > 0: recurrence up to 15, then Stirling's series.
static double log_gamma(double x) {
  double shift = 1.0;
  while (x < 15.0) shift *= x++;
  double z = 1.0 / (x * x);
  double series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / x;
  return (x - 0.5) * math64_log(x) - x + 0x1.d67f1c864beb5p-1 + series - math64_log(shift);
}

// Regularised incomplete beta I_x(a, b) by its continued fraction (Lentz; Numerical Recipes 6.4), x below the
// mean.
static double beta_fraction(double x, double a, double b) {
  double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
  d = 1.0 / d;
  double h = d;
  for (int m = 1; m < 2000; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1.0 / (1.0 + even * d);
    c = 1.0 + even / c;
    h *= d * c;
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1.0 / (1.0 + odd * d);
    c = 1.0 + odd / c;
    h *= d * c;
    if (absolute(d * c - 1.0) < 1e-16) break;
  }
  return h;
}

// x and its complement y = 1 - x are both given, so that neither loses digits.
static double incomplete_beta(double x, double y, double a, double b) {
  if (x <= 0.0) return 0.0;
  if (y <= 0.0) return 1.0;
  double front =
      math64_exp(a * math64_log(x) + b * math64_log(y) + log_gamma(a + b) - log_gamma(a) - log_gamma(b));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(x, a, b) / a;
  return 1.0 - front * beta_fraction(y, b, a) / b;
}

double math64_t_cdf(double t, double df) {
  if (df > 1e7) return math64_normal_cdf(t);
  double square = t * t, total = df + square;
  double tail = 0.5 * incomplete_beta(df / total, square / total, 0.5 * df, 0.5);
  return t < 0 ? tail : 1.0 - tail;
}

double math64_t_quantile(double p, double df) {
  return p > 0.5 ? -invert(math64_t_cdf, df, 1.0 - p) : invert(math64_t_cdf, df, p);
}

// Regularised incomplete gamma functions (Numerical Recipes 6.2): the lower one by its series for x < a + 1,
// the upper one by Lentz's continued fraction beyond.
double math64_chi_square_tail(double x, double df) {
  double a = 0.5 * df;
  x *= 0.5;
  if (!(x > 0.0)) return x != x ? x : 1.0;
  double front = math64_exp(a * math64_log(x) - x - log_gamma(a));
  if (x < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (int k = 1; k < 100000 && term > sum * 1e-17; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return 1.0 - front * sum;
  }
  double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
  for (int k = 1; k < 100000; k++) {
    double numerator = -k * (k - a);
    b += 2.0;
    d = 1.0 / (numerator * d + b);
    c = b + numerator / c;
    h *= d * c;
    if (absolute(d * c - 1.0) < 1e-16) break;
  }
  return front * h;
}
