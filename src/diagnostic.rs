//! A diagnostic, and the one place that renders.
