"""One file a panel; panels do not import each other. `explorer.ui.window.PANELS` lists them."""
