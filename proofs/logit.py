"""A multinomial logit fitted by xlogit on exported choice sets, for `npm run proof:logit`.

Argument: a folder of `mercato export`. Each category is a fit of its own, with a constant for each product (the product
bought most often is the reference); the three coefficients that all categories share are combined with weights of inverse
variance. Prints one line of JSON. Exit code 3: a package is not there.
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


def fit(rows):
    """Estimates and standard errors of the shared coefficients in one category, and its number of choices."""
    # The constant of a product that nobody ever bought is minus infinity: without it the others are the same.
    bought = rows.groupby("sku")["is_chosen"].sum()
    rows = rows[rows["sku"].isin(bought[bought > 0].index)]
    products = [sku for sku in sorted(rows["sku"].unique()) if sku != bought.idxmax()]
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
        sys.exit(f"The fit of {rows['category'].iloc[0]} did not converge.")
    return model.coeff_[: len(SHARED)], model.stderr[: len(SHARED)], int(choices)


def main(folder):
    rows = pandas.read_parquet(f"{folder}/choice_sets.parquet")
    fits = [fit(category) for _, category in rows.groupby("category")]
    weights = numpy.array([1 / errors**2 for _, errors, _ in fits])
    estimates = (numpy.array([found for found, _, _ in fits]) * weights).sum(0) / weights.sum(0)
    errors = weights.sum(0) ** -0.5
    coefficients = {
        name: {"estimate": float(estimates[i]), "standardError": float(errors[i])} for i, name in enumerate(SHARED)
    }
    choices = sum(count for _, _, count in fits)
    print(json.dumps({"library": f"xlogit {version('xlogit')}", "choices": choices, "coefficients": coefficients}))


main(sys.argv[1])
