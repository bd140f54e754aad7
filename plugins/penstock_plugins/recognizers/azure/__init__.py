"""Azure's two services that read handwriting: Computer Vision Read and Document Intelligence.

What to send and what an answer means is written without sockets: `exchange` has the two values that go
over the wire, `endpoint` the addresses, `refusals` what errors mean, `read_answers` and
`document_answers` one parser per answer shape. `driver` alone talks to the network.
"""
