"""The canisters of a project, as the files of dfx, icp-cli and mops name them."""

PROJECT_FILES = ("dfx.json", "icp.yaml", "mops.toml")  # who deploys comes first
