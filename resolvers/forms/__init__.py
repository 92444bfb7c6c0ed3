"""The forms of texts in inputs: each function takes what was typed and returns how it is stored, or what is wrong.

The result is the normal form, which is its own normal form; None for a blank text; a `ValidationReason` for one that is
not of the form. No function raises.
"""
