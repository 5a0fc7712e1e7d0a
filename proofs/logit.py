"""A multinomial logit fitted by xlogit on exported choice sets, for `npm run proof:logit`.

Argument: a folder of `mercato export`. Each product has a constant, of the 15 that are sold most in each category; choices
among these follow the same logit whatever else is on the shelf, and the constants of products that are hardly ever sold
would bias the rest. Prints one line of JSON. Exit code 3: a package is not there.
"""

import json
import sys
from importlib.metadata import version

try:
    import numpy
    import pandas
    import xlogit
except ImportError:
    sys.exit(3)

SHARED = ["price_ratio", "is_featured", "is_displayed"]
CHOICE = ["simulation_id", "agent_id", "day_number", "trip_number", "choice_number"]


MOST_SOLD = 15


def fit(rows):
    """Estimates and standard errors of the shared coefficients, and the number of choices."""
    sold = rows.groupby(["category", "sku"])["is_chosen"].sum().sort_values(ascending=False, kind="stable")
    kept = sold[sold > 0].groupby("category", sort=False).head(MOST_SOLD)
    rows = rows[rows["sku"].isin(kept.index.get_level_values("sku"))]
    rows = rows[rows.groupby(CHOICE)["is_chosen"].transform("sum") == 1]
    references = set(kept.groupby("category", sort=False).head(1).index.get_level_values("sku"))
    products = [sku for sku in sorted(rows["sku"].unique()) if sku not in references]
    choice = rows.groupby(CHOICE, sort=False).ngroup().to_numpy()
    place = rows.groupby(choice).cumcount().to_numpy()
    choices, places = choice.max() + 1, place.max() + 1
    names = SHARED + products
    features = numpy.column_stack(
        [rows[name].to_numpy(float) for name in SHARED]
        + [(rows["sku"] == sku).to_numpy(float) for sku in products]
    )
    # Every choice has as many places as the largest one; those that it does not have are not available.
    x = numpy.zeros((choices, places, len(names)))
    y, available = numpy.zeros((choices, places)), numpy.zeros((choices, places))
    x[choice, place], available[choice, place] = features, 1
    y[choice, place] = rows["is_chosen"].to_numpy(float)
    model = xlogit.MultinomialLogit()
    model.fit(
        X=x.reshape(choices * places, len(names)),
        y=y.ravel(),
        varnames=names,
        alts=numpy.tile(numpy.arange(places), choices),
        ids=numpy.repeat(numpy.arange(choices), places),
        avail=available.ravel(),
        # Standard errors from the gradients of the choices: exact for a true model, and quick with many constants.
        num_hess=False,
        verbose=0,
    )
    if not model.convergence:
        sys.exit("The fit did not converge.")
    return model.coeff_[: len(SHARED)], model.stderr[: len(SHARED)], int(choices)


def main(folder):
    rows = pandas.read_parquet(f"{folder}/choice_sets.parquet")
    estimates, errors, choices = fit(rows)
    coefficients = {
        name: {"estimate": float(estimates[i]), "standardError": float(errors[i])} for i, name in enumerate(SHARED)
    }
    print(json.dumps({"library": f"xlogit {version('xlogit')}", "choices": choices, "coefficients": coefficients}))


main(sys.argv[1])
