"""The pages of the differences panel: each shows one side of a difference quotient's error at the step h."""
