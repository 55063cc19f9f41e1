"""What a user of scikit-learn writes: from text to a model. To be timed as a whole.

python3 fit_text.py TRAIN.svm LAMBDA EPOCHS SEED
"""
import sys

import numpy
import scipy.sparse
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import SGDClassifier

text, regularization, epochs, seed = sys.argv[1:]
x, y = load_svmlight_file(text)
x = scipy.sparse.hstack([x, numpy.ones((x.shape[0], 1))], format="csr")
SGDClassifier(loss="hinge", alpha=float(regularization), max_iter=int(epochs), tol=None,
              fit_intercept=False, random_state=int(seed)).fit(x, y)
