"""The optimizers, each a frozen set of hyper-parameters with pure functions.

`rule` has the two kinds of rule, `gradient` and `adaptive` those that turn one gradient into one step, `searching`
those that look for their next point, `schedule` the rate as a function of the step, `table` all of them by name.
"""
