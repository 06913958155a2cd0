# HS-HEAP-FULL 17 @28k/14k
# A tree of fixed depth.
class Node:
    def __init__(self, depth):
        self.depth = depth
        self.children = []

    def add(self, child):
        self.children.append(child)


def grow(depth):
    node = Node(depth)
    if depth == 0:
        return node
    for k in range(4):
        node.add(grow(depth - 1))  #| node.children = [grow(0)] * 4
    return node


def count(node):
    return 1 + sum([count(child) for child in node.children])


tree = grow(4)
print(count(tree))
