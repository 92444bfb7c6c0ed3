import os, time, traceback
from tests.differential.examples import examples
from tests.differential.operations import operations
from tests.differential.comparison import is_valid, printed_schema, parse, validate


async def test_dev(bench):
    import cProfile, pstats

    pr = cProfile.Profile() if os.environ.get("P") else None
    pr and pr.enable()
    t = time.time()
    n = int(os.environ.get("N", "150"))
    cases = examples(operations(*os.environ.get("W", "").split()), n)
    print("draw", time.time() - t, len(cases))
    bad = inv = 0
    tp = 0
    t = time.time()
    for i, case in enumerate(cases):
        f = await bench.fill(case)
        if os.environ.get("VAL") and (errs := validate(printed_schema(), parse(f.query))):
            inv += 1
            if inv < 6:
                print("INVALID", errs[0].message, "\n", f.query[:1500] if os.environ.get("V") else "")
            continue
        v = bench.data.viewers[(i * 7) % len(bench.data.viewers)]
        try:
            d = await bench.difference(f, v)
        except Exception as e:
            d = "EXC " + repr(e)[:1500] + f"\n{v}\n{f}"
        if d:
            bad += 1
            if bad <= int(os.environ.get("B", "4")):
                print("=====", i, d[:3500])
    pr and (pr.disable(), pstats.Stats(pr).sort_stats("cumtime").print_stats(45))
    print("bad", bad, "invalid", inv, "time", time.time() - t)
