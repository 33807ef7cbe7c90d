"""The optimizer laboratory: `panel` is the whole, a `…_page` each of its pages, `paths` and `fit_view` the pictures."""
