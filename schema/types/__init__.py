from importlib import import_module

import_module("schema.assembly")  # imports all declarations, in one order
