// Binary64 functions of the host without libm: the same bits on every machine and compiler.
//
// Used by schedules and statistics. Made of + - * /, square root and bit operations; relative error below
// 1e-14 (exp, log, cospi near its zeros: absolute), distributions below 1e-12 where not stated otherwise.
#ifndef INGOT_ENGINE_SHARED_MATH64_H
#define INGOT_ENGINE_SHARED_MATH64_H

double math64_sqrt(double x);
double math64_exp(double x);
double math64_log(double x);   // NaN for x < 0, -infinity for 0
double math64_cospi(double x); // cos(pi x)

// Standard normal distribution and its quantile (0 < p < 1).
double math64_normal_cdf(double x);
double math64_normal_quantile(double p);

// Student's t distribution with df > 0 degrees of freedom, and its quantile (0 < p < 1).
double math64_t_cdf(double t, double df);
double math64_t_quantile(double p, double df);

// P(X > x) of a chi-square variable with df > 0 degrees of freedom.
double math64_chi_square_tail(double x, double df);

#endif
