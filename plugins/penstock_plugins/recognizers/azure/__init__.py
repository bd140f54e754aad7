"""Recognizers for Azure Computer Vision Read and Azure Document Intelligence.

Only `transport` talks to the network. Everything else is written without sockets: `http_messages` has the
requests and responses, `endpoint` the addresses, `responses` and `service_errors` the meaning of a response.
`penstock.transcriptions` has a parser for each shape of a result.
"""
