"""What libraries that know nothing of Mercato say of the cases of `npm run proof:court`.

Argument: a JSON file of cases. Prints one line of JSON: for each library its version and what it says, and for bootstraps the
positions that it drew, so that ours can be given the same ones. Exit code 3: a package is not there.
"""

import json
import sys
from importlib.metadata import version

try:
    import arch
    import gsdesign
    import jsharpe
    import numpy
    import purgedcv
    import scipy.stats
    import statsmodels.stats.multitest
    import statsmodels.stats.power
    from arch.bootstrap import SPA, IIDBootstrap, StationaryBootstrap, StepM
except ImportError:
    sys.exit(3)

SEED = 20260729
REPS = 2000
# Of gsDesign's grid: its own choice of 18 is good for four digits of a rare stop.
GRID = 300


def positions(bootstrap, reps=REPS):
    """Positions of the first resamples of a bootstrap."""
    drawn = []
    for _ in bootstrap.bootstrap(reps):
        index = bootstrap.index
        while isinstance(index, (tuple, list)):
            index = index[0]
        drawn.append([int(i) for i in index])
    return drawn


def error_of_mean(values):
    return numpy.array([values.std(ddof=1) / numpy.sqrt(len(values))])


def intervals(values):
    """Percentile interval, and quantiles of the studentised means: arch scales those by the bootstrap's own error."""

    def mean(x, params=None):
        return numpy.array([x.mean()])

    percentile = IIDBootstrap(values, seed=SEED).conf_int(mean, REPS, method="percentile").ravel()
    bootstrap = IIDBootstrap(values, seed=SEED)
    studentized = bootstrap.conf_int(
        mean, REPS, method="studentized", std_err_func=lambda params, x: error_of_mean(x)
    ).ravel()
    means = numpy.array([values[index].mean() for index in positions(IIDBootstrap(values, seed=SEED))])
    own_error = numpy.sqrt(((means - means.mean()) ** 2).mean())
    return {
        "positions": positions(IIDBootstrap(values, seed=SEED)),
        "percentile": percentile.tolist(),
        "studentized": ((values.mean() - studentized) / own_error).tolist(),
    }


def stationary(series, block):
    """Standard error of a mean by the stationary bootstrap."""
    bootstrap = StationaryBootstrap(block, series, seed=SEED)
    means = [float(data[0][0].mean()) for data in bootstrap.bootstrap(REPS)]
    return {
        "positions": positions(StationaryBootstrap(block, series, seed=SEED)),
        "error": float(numpy.std(means, ddof=1)),
    }


def reality_check(versions, block, reps=REPS):
    """White's p-value ("upper": never recentred), and the versions that StepM finds at 5 %. arch counts losses."""
    losses = -numpy.array(versions).T
    zeros = numpy.zeros(losses.shape[0])
    spa = SPA(zeros, losses, block_size=block, reps=reps, seed=SEED)
    spa.compute()
    step = StepM(zeros, losses, block_size=block, reps=reps, seed=SEED)
    step.compute()
    return {
        "positions": positions(StationaryBootstrap(block, losses, seed=SEED)) if reps == REPS else [],
        "p": float(spa.pvalues["upper"]),
        "superior": [int(i) for i in step.superior_models],
    }


def sign_flip(values, resamples):
    return float(
        scipy.stats.permutation_test(
            (values,), numpy.mean, permutation_type="samples", n_resamples=resamples, random_state=SEED
        ).pvalue
    )


def crossings(shares, bounds, drift):
    """How often each bound is crossed first, on either side, by gsDesign's integration."""
    result, state, before = [], None, 0.0
    for share, bound in zip(shares, bounds):
        sides = []
        for low, high in ((bound, numpy.inf), (-numpy.inf, -bound), (-bound, bound)):
            if state is None:
                grid = gsdesign.h1(r=GRID, theta=drift, info=share, a=low, b=high)
            else:
                grid = gsdesign.hupdate(GRID, drift, share, low, high, drift, before, state)
            sides.append(grid)
        result.append(float(sides[0][2].sum() + sides[1][2].sum()))
        state, before = sides[2], share
    return result


def main(file):
    with open(file, encoding="utf8") as text:
        cases = json.load(text)
    values = numpy.array(cases["values"])
    power, sharpe, looks = cases["power"], cases["sharpe"], cases["looks"]
    trials = numpy.array(cases["trials"])
    variance = jsharpe.sharpe_ratio_variance(
        sharpe["ratio"], sharpe["observations"] - 1, gamma3=sharpe["skewness"], gamma4=sharpe["excessKurtosis"] + 3
    )
    result = {
        "versions": {
            name: version(name)
            for name in ("arch", "gsdesign", "jsharpe", "numpy", "purgedcv", "scipy", "statsmodels")
        },
        "intervals": intervals(values),
        "stationary": stationary(numpy.array(cases["series"]), cases["block"]),
        "realityCheck": reality_check(cases["versions"], 1),
        "realityCheckInBlocks": reality_check(cases["versions"], cases["block"]),
        "realityCheckLong": reality_check(cases["versions"], 1, cases["longReps"])["p"],
        "signFlipExact": sign_flip(numpy.array(cases["few"]), numpy.inf),
        "signFlipDrawn": sign_flip(values, cases["longReps"]),
        "holm": statsmodels.stats.multitest.multipletests(cases["pValues"], method="holm")[1].tolist(),
        "power": float(
            statsmodels.stats.power.normal_power(power["effect"], power["units"], power["level"])
        ),
        "crossings": crossings(looks["shares"], looks["bounds"], 0.0),
        "crossingsWithDrift": crossings(looks["shares"], looks["bounds"], looks["drift"]),
        "probabilisticSharpe": float(
            jsharpe.probabilistic_sharpe_ratio(sharpe["ratio"], sharpe["benchmark"], variance=variance)
        ),
        "expectedBest": float(
            jsharpe.expected_maximum_sharpe_ratio(cases["bestOf"]["trials"], cases["bestOf"]["deviation"] ** 2)
        ),
        "deflatedSharpe": float(
            purgedcv.deflated_sharpe_ratio(values, cases["bestOf"]["trials"], cases["bestOf"]["deviation"] ** 2)
        ),
        "overfitting": float(
            purgedcv.probability_of_backtest_overfitting(
                trials, cases["groups"], metric=lambda returns: float(returns.mean())
            ).pbo
        ),
    }
    print(json.dumps(result))


main(sys.argv[1])
