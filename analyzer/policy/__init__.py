"""What blocks: the policy, and how it is applied to a change set."""
