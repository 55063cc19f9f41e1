"""A small model of several categories, as docs/formats.md describes its file (version 3)."""
import command

CATEGORIES = ("C1", "Ünï", "GCAT")
COLUMNS = (0, 2, 3, 6)  # of 8 features; ids begin at 1
WEIGHTS = ((0.5, -1.5, 0.0), (0.0, 0.0, 0.0), (-0.25, 0.0, 2.0), (1.0, 0.125, -3.0))
BIAS = (0.25, -0.5, 0.0)
THRESHOLDS = (0.0, 0.75, 0.0)
FEATURES = 8


def write(path, categories=CATEGORIES, thresholds=THRESHOLDS, decision=None):
    h5py, np = command.need("h5py", "numpy")
    n = len(categories)
    texts = {"schema": "hogwild.model", "category": "all", "loss": "logistic", "options": "",
             "regularizer": "l2", "strategy": "lock-free", "precision": "single", "program": "1"}
    if decision:  # older files have none
        texts["decision"] = decision
    with h5py.File(path, "w") as file:
        for name, text in texts.items():
            file.attrs[name] = np.bytes_(text) if text else np.zeros((), "S1")
        for name, number in {"version": 3, "features": FEATURES, "ranks": 1, "seed": 7,
                             "feature_id_base": 1, "complete": 1}.items():
            file.attrs[name] = number
        file.attrs["lambda"] = 1e-4
        for name in ("dataset_digests", "metrics"):
            file.attrs.create(name, np.zeros(0, "S1"))
        file["columns"] = np.array(COLUMNS, "<i4")
        file["weights"] = np.array(WEIGHTS, "<f4")[:, :n]
        file["bias"] = np.array(BIAS[:n])
        file["output_categories"] = np.array([name.encode() for name in categories],
                                             h5py.string_dtype("utf-8", 16))
        file["output_thresholds"] = np.array(thresholds[:n])
        file["output_lambdas"] = np.array([1e-4, 2e-4, 3e-4][:n])
        file["output_positives"] = np.array([10, 20, 30][:n], "<i8")
        for sign in ("positive", "negative"):
            file[f"output_class_weights_{sign}"] = np.ones(n)
    return path
