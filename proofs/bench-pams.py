"""PAMS, a market simulator from PyPI, for `npm run bench:market`: 1,000 FCN agents, 2,100 steps, 20 orders a step.

Prints one line of JSON with the orders of the run and its seconds. Exit code 3: PAMS is not there.
"""

import json
import random
import sys
import time

try:
    from pams.logs.base import Logger
    from pams.runners import SequentialRunner
    from pams.version import __version__
except ImportError:
    sys.exit(3)

STEPS_WITHOUT_TRADES = 100
STEPS = 2_000
ORDERS_PER_STEP = 20

SETTINGS = {
    "simulation": {
        "markets": ["Market"],
        "agents": ["FCNAgents"],
        "sessions": [
            {
                "sessionName": 0,
                "iterationSteps": STEPS_WITHOUT_TRADES,
                "withOrderPlacement": True,
                "withOrderExecution": False,
                "withPrint": False,
                "maxNormalOrders": ORDERS_PER_STEP,
            },
            {
                "sessionName": 1,
                "iterationSteps": STEPS,
                "withOrderPlacement": True,
                "withOrderExecution": True,
                "withPrint": False,
                "maxNormalOrders": ORDERS_PER_STEP,
            },
        ],
    },
    "Market": {"class": "Market", "tickSize": 0.00001, "marketPrice": 300.0},
    "FCNAgents": {
        "class": "FCNAgent",
        "numAgents": 1_000,
        "markets": ["Market"],
        "assetVolume": 50,
        "cashAmount": 10_000,
        "fundamentalWeight": {"expon": [1.0]},
        "chartWeight": {"expon": [0.0]},
        "noiseWeight": {"expon": [1.0]},
        "noiseScale": 0.001,
        "timeWindowSize": [100, 200],
        "orderMargin": [0.0, 0.1],
    },
}


class OrderCount(Logger):
    """Counts the orders that the market has taken."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = 0

    def process_order_log(self, log) -> None:
        self.orders += 1


count = OrderCount()
runner = SequentialRunner(settings=SETTINGS, prng=random.Random(42), logger=count)
start = time.perf_counter()
runner.main()
seconds = time.perf_counter() - start
print(json.dumps({"version": __version__, "agents": 1_000, "orders": count.orders, "seconds": seconds}))
