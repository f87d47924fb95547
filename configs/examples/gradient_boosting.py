#!/usr/bin/python3
"""Scores the other rows by gradient boosting of scikit-learn, fitted on the training rows alone; `part` states which those were.

gradient_boosting.py DATA.csv.gz PARTS.csv TARGET POSITIVE KEY > SCORES.csv
"""
import sys

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.preprocessing import OrdinalEncoder

data, parts, target, positive, key = sys.argv[1:]
rows = pd.read_csv(data).merge(pd.read_csv(parts), left_on=key, right_on="row_id")
inputs = rows.drop(columns=[target, key, "row_id", "part"])
words = inputs.select_dtypes("object").columns
inputs[words] = OrdinalEncoder().fit_transform(inputs[words])
train = rows["part"] == "train"
model = HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=8, random_state=7)
model.fit(inputs[train], rows[target][train] == positive)
rows["score"] = model.predict_proba(inputs)[:, 1]
rows.loc[~train, ["row_id", "score", "part"]].to_csv(sys.stdout, index=False)
