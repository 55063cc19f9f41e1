"""Data sets of different shapes: scikit-learn's own, topics of RCV1, and synthetic ones. Each is a
generator of (X, y, X of the test, y of the test), X in CSR and y of -1 and +1: small ones are
divided several times, so that a test document more or less does not decide."""
import numpy as np
import scipy.sparse as sp

SMALL_DIVISIONS = 5


def divide(matrix, labels, seed, share=0.7):
    order = np.random.default_rng(seed).permutation(matrix.shape[0])
    cut = int(share * len(order))
    first, rest = order[:cut], order[cut:]
    return matrix[first], labels[first], matrix[rest], labels[rest]


def of_scikit_learn(load, positive):
    def make():
        from sklearn import datasets
        data = getattr(datasets, load)()
        matrix = sp.csr_matrix(data.data)
        labels = np.where(positive(data.target), 1, -1)
        for seed in range(SMALL_DIVISIONS):
            yield divide(matrix, labels, seed)
    return make


def of_rcv1(read, topic):
    """@param read  read(part, topic) gives a matrix and labels."""
    def make():
        yield (*read("train", topic), *read("test", topic))
    return make


def dense(documents, features, *, noise=1.0, units=False, wrong=0.0, seed=1):
    """Label by a linear function with noise. @param units  columns differ in size.
    @param wrong  share of labels that are turned round."""
    def make():
        draw = np.random.default_rng(seed)
        values = draw.normal(size=(documents, features)).astype(np.float32)
        scores = values @ draw.normal(size=features).astype(np.float32)
        scores += noise * scores.std() * draw.normal(size=documents)
        labels = np.where((scores > 0) != (draw.random(documents) < wrong), 1, -1)
        if units:
            values = (values + 0.5) * (10.0 ** draw.uniform(-3, 4, features)).astype(np.float32)
        starts = np.arange(documents + 1, dtype=np.int64) * features
        columns = np.tile(np.arange(features, dtype=np.int32), documents)
        yield divide(sp.csr_matrix((values.ravel(), columns, starts), (documents, features)),
                     labels, seed)
    return make


def sparse(documents, features, length, *, noise=0.5, power=1.0, tf_idf=False, positives=0.5,
           telling=None, seed=1):
    """Rows of `length` draws of features, the k-th as frequent as 1/k^power.
    @param telling  how many features, the most frequent ones, the label depends on; None: all."""
    def make():
        draw = np.random.default_rng(seed)
        shares = np.cumsum(1.0 / np.arange(1, features + 1) ** power)
        columns = np.searchsorted(shares / shares[-1], draw.random(documents * length))
        columns = np.minimum(columns, features - 1).reshape(documents, length)
        columns.sort(axis=1)
        repeated = np.zeros(columns.shape, bool)
        repeated[:, 1:] = columns[:, 1:] == columns[:, :-1]
        starts = np.concatenate([[0], np.cumsum((~repeated).sum(axis=1))])
        matrix = sp.csr_matrix((np.ones(starts[-1], np.float32), columns[~repeated], starts),
                               (documents, features))
        if tf_idf:
            frequency = np.asarray(matrix.sum(axis=0)).ravel()
            matrix = matrix @ sp.diags(np.log(documents / np.maximum(1.0, frequency)))
            norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
            matrix = (sp.diags(1.0 / np.maximum(norms, 1e-9)) @ matrix).astype(np.float32)
        weights = np.zeros(features, np.float32)
        weights[:telling] = draw.normal(size=features if telling is None else telling)
        scores = matrix @ weights
        scores += noise * scores.std() * draw.normal(size=documents)
        labels = np.where(scores > np.quantile(scores, 1.0 - positives), 1, -1)
        # where features lie is not to say how frequent they are
        matrix.indices = draw.permutation(features).astype(np.int32)[matrix.indices]
        matrix.sort_indices()
        yield divide(matrix.tocsr(), labels, seed)
    return make


def shapes(read_rcv1=None, share=1.0):
    """@param share  of the documents of synthetic sets. @return name: generator"""
    def n(documents):
        return max(2000, int(share * documents))

    found = {
        "breast cancer (scikit-learn)": of_scikit_learn("load_breast_cancer", lambda y: y == 1),
        "digits, even (scikit-learn)": of_scikit_learn("load_digits", lambda y: y % 2 == 0),
        "digits, 8 (scikit-learn)": of_scikit_learn("load_digits", lambda y: y == 8),
    }
    if read_rcv1 is not None:
        for topic in ("CCAT", "C41", "GDIP", "E12", "GODD"):
            found[f"RCV1 sample, {topic}"] = of_rcv1(read_rcv1, topic)
    found.update({
        "dense, units of their own": dense(n(50_000), 30, units=True),
        "dense, standardised": dense(n(50_000), 30),
        "5 million × 40": dense(n(5_000_000), 40),
        "separable": dense(n(50_000), 40, noise=0.0),
        "a fifth of the labels wrong": dense(n(50_000), 40, noise=0.0, wrong=0.2),
        "short binary rows": sparse(n(200_000), 20_000, 12),
        "tf-idf text, 1 % positive": sparse(n(100_000), 30_000, 60, tf_idf=True, positives=0.01,
                                            telling=300, noise=0.3),
        "tf-idf text, .1 % positive": sparse(n(100_000), 30_000, 60, tf_idf=True,
                                             positives=0.001, telling=300, noise=0.3),
        "wide, 2^20 features": sparse(n(100_000), 1 << 20, 50, power=0.8, telling=5000),
        "wide, 2^22 features": sparse(n(100_000), 1 << 22, 50, power=0.8, telling=5000),
        "wide, 2^24 features": sparse(n(100_000), 1 << 24, 50, power=0.8, telling=5000),
    })
    return found
