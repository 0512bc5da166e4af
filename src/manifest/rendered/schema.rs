//! Which lists Kubernetes merges by key.
